import type { Parameters } from '@paired3d/nn';
import { addBias, conv3d, conv3dTranspose } from '@paired3d/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { MonaiLayer } from '../monaiNetwork';
import { ChannelMoments, normalisePrelu } from './channelMoments';
import { outputPlanes, slabHeight, slabsOf, type Along, type Slab } from './slab';

/** A volume [depth, height, width, channels] on the host. */
export interface HostVolume {
  readonly data: Float32Array;
  readonly size: readonly [depth: number, height: number, width: number];
  readonly channels: number;
}

/** A convolution with its weights, and the slope of the PReLU if norm and activation follow it. */
export interface SlabwiseLayer {
  readonly axes: readonly [Along, Along, Along];
  readonly weight: tf.Tensor5D;
  readonly bias: tf.Tensor1D;
  readonly alpha?: tf.Tensor1D;
}

/** A layer of the network, with its weights among the model's. */
export function slabwiseLayer(layer: MonaiLayer, parameters: Parameters): SlabwiseLayer {
  const variable = (name: string) => parameters.entries.get([...layer.path, name].join('.'))!;
  const weight = variable('conv.weight') as tf.Tensor as tf.Tensor5D;
  // A kernel of one plane works on slices, which stay apart.
  const along = (kernel: number): Along => ({
    kernel,
    stride: kernel === 1 ? 1 : layer.strides,
    padding: Math.floor(kernel / 2),
    transposed: layer.transposed,
  });
  const [depth, height, width] = weight.shape;
  return {
    axes: [along(depth), along(height), along(width)],
    weight,
    bias: variable('conv.bias') as tf.Tensor as tf.Tensor1D,
    alpha: layer.normalised ? (variable('adn.A.weight') as tf.Tensor as tf.Tensor1D) : undefined,
  };
}

/** Size that a layer makes of a size. */
export function sizeAfter({ axes }: SlabwiseLayer, size: HostVolume['size']): HostVolume['size'] {
  return size.map((n, axis) => outputPlanes(n, axes[axis])) as unknown as HostVolume['size'];
}

/**
 * Applies a layer slab by slab along the depth. Only one slab is on the backend at a time; its planes come back to the host,
 * where the moments of the whole volume are summed up on the way.
 * @param onSlab called, and waited for, after each slab with the share of the layer that is done
 */
export async function applyInSlabs(
  layer: SlabwiseLayer,
  x: HostVolume,
  slabBytes: number,
  onSlab: (share: number) => void | Promise<void>,
): Promise<HostVolume> {
  const size = sizeAfter(layer, x.size);
  const channels = layer.bias.size;
  const plane = size[1] * size[2] * channels;
  const data = new Float32Array(size[0] * plane);
  const moments = new ChannelMoments(channels);
  const planeBytes = { input: 4 * x.size[1] * x.size[2] * x.channels, output: 4 * plane };
  for (const slab of slabsOf(x.size[0], layer.axes[0], slabHeight(slabBytes, planeBytes, layer.axes[0]))) {
    const result = tf.tidy(() => convolveSlab(layer, x, slab));
    const values = (await result.data()) as Float32Array;
    result.dispose();
    const wanted = values.subarray(slab.skip * plane, (slab.skip + slab.planes) * plane);
    data.set(wanted, slab.at * plane);
    if (layer.alpha) moments.add(wanted);
    await onSlab((slab.at + slab.planes) / size[0]);
  }
  if (layer.alpha) normalisePrelu(data, moments, (await layer.alpha.data())[0]);
  return { data, size, channels };
}

/** The convolution of a slab with its halo, [1, planes, height, width, channels]. */
function convolveSlab({ axes, weight, bias }: SlabwiseLayer, x: HostVolume, slab: Slab): tf.Tensor {
  const [, height, width] = x.size;
  const row = height * width * x.channels;
  const { at, planes } = slab.input;
  // Padding through rank 2: much of rank 5 is wrong on the webgpu backend.
  const values = tf.tensor2d(x.data.subarray(at * row, (at + planes) * row), [planes, row]);
  const [before, after] = slab.zeros;
  const whole = before + after > 0 ? tf.pad(values, [[before, after], [0, 0]]) : values; // prettier-ignore
  const input = tf.reshape(whole, [1, before + planes + after, height, width, x.channels]) as tf.Tensor5D;
  const strides = axes.map(({ stride }) => stride) as [number, number, number];
  const padding = [slab.padding, axes[1].padding, axes[2].padding] as const;
  const linear = () =>
    axes[0].transposed
      ? conv3dTranspose(input, weight, { strides, padding, outputPadding: [0, strides[1] - 1, strides[2] - 1] })
      : conv3d(input, weight, { strides, padding });
  return addBias(tf.tidy(linear), bias);
}
