import type * as tf from '@tensorflow/tfjs-core';
import { convFilterAdjoint, convForward, convInputAdjoint, convOutputSize, type ConvGeometry } from './conv3d.kernels';
import { OpsError } from './errors';
import { bilinear } from './gradient';
import { checkTensor, triple, type Triple } from './validate';

/**
 * 3D convolution (cross-correlation, as in every deep learning library) with zero padding on both sides.
 *
 * A 2D convolution is the case `[B, 1, H, W, C]` with kernels `[1, k, k]`.
 *
 * @param x `[B, D, H, W, Cin]`.
 * @param filter `[kD, kH, kW, Cin, Cout]`.
 * @param options `strides` (1) and `padding`, which adds that many zeros on both sides of each axis, as PyTorch does;
 *   by default `floor(k / 2)`. Note that TensorFlow's `same` pads differently for stride 2.
 * @returns `[B, D', H', W', Cout]` with `D' = floor((D + 2 padding - kD) / stride) + 1`.
 * @throws OpsError when shapes do not match or the kernel does not fit.
 */
export function conv3d(
  x: tf.Tensor5D,
  filter: tf.Tensor5D,
  options: { strides?: Triple; padding?: Triple } = {},
): tf.Tensor5D {
  checkTensor('conv3d', 'x', x, 5);
  checkTensor('conv3d', 'filter', filter, 5);
  if (x.shape[4] !== filter.shape[3]) {
    throw new OpsError(
      'conv3d',
      `a filter [kD, kH, kW, ${x.shape[4]}, Cout]`,
      `[${filter.shape}]`,
      'match the input channels of x and filter',
    );
  }
  const kernel = filter.shape.slice(0, 3);
  const strides = triple('conv3d', 'strides', options.strides ?? 1, 1);
  const padding = triple('conv3d', 'padding', options.padding ?? defaultPadding(kernel), 0);
  const outputSize = convOutputSize(x.shape.slice(1, 4), kernel, strides, padding);
  if (outputSize.some((n) => n < 1)) {
    throw new OpsError(
      'conv3d',
      `x at least as large as the kernel [${kernel}]`,
      `[${x.shape}] with padding [${padding}]`,
      'pad more or use a smaller kernel',
    );
  }
  const geometry: ConvGeometry = { strides, padding, inputShape: x.shape, filterShape: filter.shape, outputSize };
  return bilinear<tf.Tensor5D>(x, filter, {
    forward: (a, b) => convForward(a, b, geometry),
    gradientA: (dy, b) => convInputAdjoint(dy, b, geometry),
    gradientB: (dy, a) => convFilterAdjoint(a, dy, geometry),
  });
}

/** Half the kernel on each axis: keeps the size for odd kernels at stride 1. */
export function defaultPadding(kernel: readonly number[]): [number, number, number] {
  return kernel.map((k) => Math.floor(k / 2)) as [number, number, number];
}
