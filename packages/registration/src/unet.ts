import type * as tf from '@tensorflow/tfjs-core';
import { addBias, conv3dTranspose } from '@paired3d/ops';
import { conv3dLayer, instanceNormPreluLayer, pytorchDefault, type Layer, type Parameters } from '@paired3d/nn';
import { concatChannels } from './concatChannels';

/** Configuration of a {@link unet}. */
export interface UNetConfig {
  readonly spatialDims: 2 | 3;
  /** channels in and out */
  readonly in: number;
  readonly out: number;
  /** Features on each level, the bottom included. */
  readonly channels: readonly number[];
  /** Stride of each level but the bottom. */
  readonly strides: readonly number[];
}

type Size = [number, number, number];

/** A layer that is told the spatial size its output must have. */
type Upwards = (x: tf.Tensor5D, size: Size) => tf.Tensor5D;

const spatialSize = (x: tf.Tensor5D): Size => [x.shape[1], x.shape[2], x.shape[3]];

/**
 * MONAI's `UNet(spatial_dims, in, out, channels, strides, kernel_size=3, num_res_units=0)`, with its parameter names:
 * each level is `0` (convolution, instance norm, PReLU), `1.submodule` (the levels below), whose output is concatenated
 * behind the level's own, and `2` (transposed convolution, norm, PReLU; on the top level the convolution alone).
 *
 * Unlike MONAI's it takes any size: a transposed convolution's output padding is chosen so that it gives back the size
 * that the level's convolution saw. For sizes divisible by the strides the two are the same.
 *
 * O. Ronneberger, P. Fischer, T. Brox: U-Net, MICCAI 2015; MONAI, monai/networks/nets/unet.py.
 * @returns [B, D, H, W, in] -> [B, D, H, W, out]
 */
export function unet(parameters: Parameters, config: UNetConfig): Layer<tf.Tensor5D> {
  return level(parameters.scope('model'), config, 0, config.in, config.out);
}

function level(
  parameters: Parameters,
  config: UNetConfig,
  index: number,
  channelsIn: number,
  channelsOut: number,
): Layer<tf.Tensor5D> {
  const { channels, strides } = config;
  const width = channels[index];
  const isLast = index === channels.length - 2;
  const down = convolution(parameters.scope(0), config, channelsIn, width, strides[index]);
  const below = parameters.scope(1).scope('submodule');
  const inner = isLast
    ? convolution(below, config, width, channels[index + 1], 1)
    : level(below, config, index + 1, width, width);
  const innerWidth = isLast ? channels[index + 1] : width;
  const up = transposed(parameters.scope(2), config, width + innerWidth, channelsOut, strides[index], index > 0);
  return (x) => {
    const y = down(x);
    return up(concatChannels(y, inner(y)), spatialSize(x));
  };
}

function convolution(
  parameters: Parameters,
  config: UNetConfig,
  channelsIn: number,
  channelsOut: number,
  strides: number,
): Layer<tf.Tensor5D> {
  const { spatialDims } = config;
  const convolve = conv3dLayer(parameters.scope('conv'), { in: channelsIn, out: channelsOut, strides, spatialDims });
  const normalise = instanceNormPreluLayer(parameters.scope('adn'));
  return (x) => normalise(convolve(x));
}

function transposed(
  parameters: Parameters,
  { spatialDims }: UNetConfig,
  channelsIn: number,
  channelsOut: number,
  stride: number,
  withNorm: boolean,
): Upwards {
  const along = (n: number, slice: number): Size => [spatialDims === 2 ? slice : n, n, n];
  const kernel = along(3, 1);
  const strides = along(stride, 1);
  const padding = along(1, 0);
  // PyTorch takes the fan of a transposed convolution from its output channels.
  const initial = pytorchDefault(channelsOut * kernel[0] * kernel[1] * kernel[2]);
  const scope = parameters.scope('conv');
  const weight = scope.add('weight', [...kernel, channelsOut, channelsIn], initial) as tf.Variable<tf.Rank.R5>;
  const bias = scope.add('bias', [channelsOut], initial);
  const normalise = withNorm ? instanceNormPreluLayer(parameters.scope('adn')) : undefined;
  return (x, size) => {
    const least = spatialSize(x).map((n, axis) => (n - 1) * strides[axis] - 2 * padding[axis] + kernel[axis]);
    const outputPadding = size.map((n, axis) => n - least[axis]) as Size;
    const y = addBias(conv3dTranspose(x, weight, { strides, padding, outputPadding }), bias);
    return normalise ? normalise(y) : y;
  };
}
