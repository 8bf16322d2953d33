import type { VqaeConfig } from '@paired3d/vqae';
import type { Size3 } from '../data/types';
import { product, type Floats } from './floats';

/** A block of layers: floats of its result, and of all values within it that a gradient needs, the result included. */
interface Block {
  readonly result: number;
  readonly values: number;
}

/**
 * Floats of an autoencoder on one pair of a size. In training TensorFlow.js keeps each value that a gradient needs and as
 * many gradients; with `recompute` both of the results of all blocks, and of the inner values of one block at a time.
 */
export function vqaeFloats(config: VqaeConfig, size: Size3): Floats {
  const { encoder, decoder, weights } = blocksOf(config, size);
  const all = [...encoder, ...decoder];
  const largest = Math.max(...all.map(({ result }) => result));
  // Fixed and moving, two logits each, in about as many operations of the losses as are kept.
  const loss = 8 * 4 * product(size);
  // The padded copy of its input that a convolution makes.
  const scratch = 1.1 * largest;
  const kept = (blocks: readonly Block[]) =>
    config.recompute ? sum(blocks, 'result') + inner(blocks) : sum(blocks, 'values');
  return {
    weights,
    training: 2 * kept(all) + loss + scratch,
    inference: Math.max(kept(encoder), kept(decoder)) + scratch + 4 * product(size),
  };
}

function blocksOf(config: VqaeConfig, size: Size3): { encoder: Block[]; decoder: Block[]; weights: number } {
  const images = config.coding === 'joint' ? 1 : 2;
  const inputs = config.coding === 'joint' ? 2 : 1;
  const voxels = (halvings: number) =>
    images * product(size.map((n, axis) => (axis === 0 && config.spatialDims === 2 ? 1 : n / 2 ** halvings)));
  const { network } = config;
  const codebook = config.codes * config.codeDim;
  const logits: Block = { result: voxels(0) * 2 * inputs, values: voxels(0) * 2 * inputs };
  if (network.kind === 'monai') {
    let halvings = 0;
    // Convolution with bias, norm: the results of both.
    const block = (channels: number): Block => ({
      result: voxels(halvings) * channels,
      values: 2 * voxels(halvings) * channels,
    });
    const encoder = network.channels.map((channels, i) => {
      halvings += network.strides[i] - 1;
      return block(channels);
    });
    const decoder = [...network.channels.slice(0, -1)].reverse().map((channels, i) => {
      halvings -= network.strides[network.strides.length - 1 - i] - 1;
      return block(channels);
    });
    const widths = [inputs, ...network.channels];
    const kernels = widths.slice(1).reduce((total, width, i) => total + 2 * 27 * width * widths[i], 0);
    return { encoder, decoder: [...decoder, logits], weights: kernels + codebook };
  }
  // Two convolutions and two activations a halving; five operations of a residual block, an activation and a way up.
  const encoder = network.encoder.map((width, i) => {
    const result = voxels(i + 1) * width;
    return { result, values: 4 * result };
  });
  const levels = network.decoder.length;
  const decoder = network.decoder.map((width, i) => {
    const result = voxels(levels - i) * width;
    return { result, values: (i === 0 ? 12 : 7) * result };
  });
  const down = network.encoder.reduce((total, w, i) => total + 8 * w * (network.encoder[i - 1] ?? inputs) + w * w, 0);
  const up = network.decoder.reduce((total, w, i) => total + (i === 0 ? 4 : 2) * 27 * w * w + 8 * w * w, 0);
  const ends = config.codeDim * (network.encoder.at(-1)! + 27 * network.decoder[0]);
  return { encoder, decoder: [...decoder, logits], weights: down + up + ends + codebook };
}

const sum = (blocks: readonly Block[], of: keyof Block) => blocks.reduce((total, block) => total + block[of], 0);

const inner = (blocks: readonly Block[]) => Math.max(...blocks.map(({ result, values }) => values - result));
