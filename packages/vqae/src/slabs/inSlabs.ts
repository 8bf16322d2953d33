import * as tf from '@tensorflow/tfjs-core';
import { VqaeError } from '../config';
import { separate, type Size3, type VqAutoencoder } from '../model';
import { monaiLayers } from '../monaiNetwork';
import { imageChannels } from '../network';
import { applyInSlabs, sizeAfter, slabwiseLayer, type HostVolume, type SlabwiseLayer } from './slabwiseLayer';

/** Settings of work in slabs. */
export interface SlabOptions {
  /**
   * most bytes of tensors at once, beside weights, the images and their logits; 2^28 by default, with which no tensor of a
   * slab is larger than 128 MiB, the buffers that every WebGPU device has
   */
  readonly slabBytes?: number;
  /** called, and waited for, after each slab with the share of the arithmetic that is done, in (0, 1] */
  readonly onProgress?: (share: number) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

/** The methods of `VqAutoencoder` with the same results up to rounding; they reject with the signal's reason when aborted. */
export interface SlabwiseAutoencoder {
  /** Pair [B, D, H, W, 2 labels] -> latents [B * images, d, h, w, codeDim]. */
  encode(pair: tf.Tensor5D): Promise<tf.Tensor5D>;
  /** Latents [B * images, d, h, w, codeDim] -> logits [B * images, D, H, W, outputs]. */
  decode(latents: tf.Tensor5D): Promise<tf.Tensor5D>;
  /** Pair [B, D, H, W, 2 labels] -> tokens int32 [B, images, d, h, w]. */
  tokenize(pair: tf.Tensor5D): Promise<tf.Tensor5D>;
  /** Tokens int32 [B, images, d, h, w] -> probabilities [B, D, H, W, 2 labels]. */
  decodeTokens(tokens: tf.Tensor5D): Promise<tf.Tensor5D>;
}

/**
 * Encodes and decodes volumes whose activations do not fit on the backend: layer by layer, each in slabs along the depth
 * with the halo that its convolution reads. Activations lie on the host; instance norm takes its moments over the whole
 * volume. Sample after sample; at most two neighbouring activations are held at a time.
 * @throws VqaeError when the model's network is not MONAI's, or no slab is asked for
 */
export function inSlabs(model: VqAutoencoder, options: SlabOptions = {}): SlabwiseAutoencoder {
  const { network } = model.config;
  if (network.kind !== 'monai') {
    throw new VqaeError('inSlabs', "a network of kind 'monai'", `'${network.kind}'`, 'use the methods of the model');
  }
  if (!((options.slabBytes ?? 1) > 0)) {
    throw new VqaeError('inSlabs', 'slabBytes above 0', `${options.slabBytes}`, 'leave it out for 2^28');
  }
  const layers = monaiLayers(network, imageChannels(model.config));
  const [encoder, decoder] = [layers.encode, layers.decode].map((all) =>
    all.map((layer) => slabwiseLayer(layer, model.parameters)),
  );
  const encode = async (pair: tf.Tensor5D) => {
    model.gridSize(pair.shape.slice(1, 4) as unknown as Size3);
    const images = tf.tidy(() => (model.images === 1 ? tf.clone(pair) : separate(pair)));
    return disposing(images, () => applyAll(encoder, images, options));
  };
  const decode = (latents: tf.Tensor5D) => applyAll(decoder, latents, options);
  return {
    encode,
    decode,
    async tokenize(pair) {
      const latents = await encode(pair);
      return disposing(latents, () => model.tokensOf(latents));
    },
    async decodeTokens(tokens) {
      const latents = model.latentsOf(tokens);
      const logits = await disposing(latents, () => decode(latents));
      return disposing(logits, () => model.probabilities(logits));
    },
  };
}

/** Layers one after the other, on one sample after the other. */
async function applyAll(
  layers: readonly SlabwiseLayer[],
  x: tf.Tensor5D,
  { slabBytes = 2 ** 28, onProgress, signal }: SlabOptions,
): Promise<tf.Tensor5D> {
  const [samples, depth, height, width, channels] = x.shape;
  const size: Size3 = [depth, height, width];
  const work = workOf(layers, size);
  const total = samples * work.reduce((sum, n) => sum + n, 0);
  const values = (await x.data()) as Float32Array;
  const results: HostVolume[] = [];
  let done = 0;
  for (let sample = 0; sample < samples; sample++) {
    const length = values.length / samples;
    let volume: HostVolume = { data: values.subarray(sample * length, (sample + 1) * length), size, channels };
    for (const [i, layer] of layers.entries()) {
      signal?.throwIfAborted();
      volume = await applyInSlabs(layer, volume, slabBytes, async (share) => {
        await onProgress?.(Math.min(1, (done + share * work[i]) / total));
        signal?.throwIfAborted();
      });
      done += work[i];
    }
    results.push(volume);
  }
  return tf.tidy(() => {
    const joined = tf.concat(results.map(({ data }) => tf.tensor1d(data)));
    return tf.reshape<tf.Rank.R5>(joined, [samples, ...results[0].size, results[0].channels]);
  });
}

/** Multiplications of each layer, on a sample of a size: each weight meets each voxel of the coarser side. */
function workOf(layers: readonly SlabwiseLayer[], size: Size3): number[] {
  let before: HostVolume['size'] = size;
  return layers.map((layer) => {
    const after = sizeAfter(layer, before);
    const coarser = layer.axes[0].transposed ? before : after;
    before = after;
    return layer.weight.size * coarser.reduce((product, n) => product * n, 1);
  });
}

/** Disposes a tensor when `use` is done with it. */
async function disposing<T>(tensor: tf.Tensor, use: () => T | Promise<T>): Promise<T> {
  try {
    return await use();
  } finally {
    tensor.dispose();
  }
}
