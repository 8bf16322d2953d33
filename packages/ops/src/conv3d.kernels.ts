import type * as tf from '@tensorflow/tfjs-core';
import { convolve, convolveFilterAdjoint, convolveInputAdjoint } from './conv3d.composite';
import { dispatch } from './dispatch';
import type { Vector3 } from './validate';

/** What a convolution does to space: shared by the three passes. */
export interface ConvGeometry {
  strides: Vector3;
  padding: Vector3;
  /** `[B, D, H, W, Cin]` on the fine side. */
  inputShape: [number, number, number, number, number];
  /** `[kD, kH, kW, Cin, Cout]`. */
  filterShape: [number, number, number, number, number];
  /** `[D', H', W']` on the coarse side. */
  outputSize: Vector3;
}

/** `floor((n + 2p - k) / s) + 1` on each axis. */
export function convOutputSize(
  size: readonly number[],
  kernel: readonly number[],
  strides: Vector3,
  padding: Vector3,
): Vector3 {
  return strides.map((s, i) => Math.floor((size[i] + 2 * padding[i] - kernel[i]) / s) + 1) as Vector3;
}

/** Forward pass, without a gradient. */
export function convForward(
  x: tf.Tensor,
  filter: tf.Tensor,
  { strides, padding, outputSize }: ConvGeometry,
): tf.Tensor5D {
  return dispatch('Paired3dConv3d', { x, filter }, { strides, padding }, () =>
    convolve(x as tf.Tensor5D, filter as tf.Tensor5D, strides, padding, outputSize),
  );
}

/** Adjoint in the input, without a gradient: also the forward pass of the transposed convolution. */
export function convInputAdjoint(
  dy: tf.Tensor,
  filter: tf.Tensor,
  { strides, padding, inputShape }: ConvGeometry,
): tf.Tensor5D {
  return dispatch('Paired3dConv3dBackpropInput', { dy, filter }, { strides, padding, inputShape }, () =>
    convolveInputAdjoint(dy as tf.Tensor5D, filter as tf.Tensor5D, strides, padding, inputShape),
  );
}

/** Adjoint in the filter, without a gradient. */
export function convFilterAdjoint(
  x: tf.Tensor,
  dy: tf.Tensor,
  { strides, padding, filterShape }: ConvGeometry,
): tf.Tensor5D {
  return dispatch('Paired3dConv3dBackpropFilter', { x, dy }, { strides, padding, filterShape }, () =>
    convolveFilterAdjoint(x as tf.Tensor5D, dy as tf.Tensor5D, strides, padding, filterShape),
  );
}
