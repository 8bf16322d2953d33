import type * as tf from '@tensorflow/tfjs-core';
import { defaultPadding } from './conv3d';
import { convFilterAdjoint, convForward, convInputAdjoint, type ConvGeometry } from './conv3d.kernels';
import { OpsError } from './errors';
import { bilinear } from './gradient';
import { checkTensor, triple, type Triple, type Vector3 } from './validate';

/**
 * Transposed 3D convolution: the adjoint of {@link conv3d} in its input.
 *
 * @param x `[B, d, h, w, Cin]`.
 * @param filter `[kD, kH, kW, Cout, Cin]`, the layout of the convolution whose adjoint this is.
 * @param options `strides` (1), `padding` (`floor(k / 2)`) and `outputPadding` (`strides - 1`, which doubles the size
 *   exactly for kernel 3 and stride 2), each as PyTorch's `ConvTranspose3d` defines it.
 * @returns `[B, D, H, W, Cout]` with `D = (d - 1) stride - 2 padding + kD + outputPadding`.
 * @throws OpsError when shapes do not match, an output padding is not below its stride, or the output would be empty.
 */
export function conv3dTranspose(
  x: tf.Tensor5D,
  filter: tf.Tensor5D,
  options: { strides?: Triple; padding?: Triple; outputPadding?: Triple } = {},
): tf.Tensor5D {
  const op = 'conv3dTranspose';
  checkTensor(op, 'x', x, 5);
  checkTensor(op, 'filter', filter, 5);
  if (x.shape[4] !== filter.shape[4]) {
    throw new OpsError(
      op,
      `a filter [kD, kH, kW, Cout, ${x.shape[4]}]`,
      `[${filter.shape}]`,
      'match the input channels of x and filter',
    );
  }
  const kernel = filter.shape.slice(0, 3);
  const strides = triple(op, 'strides', options.strides ?? 1, 1);
  const padding = triple(op, 'padding', options.padding ?? defaultPadding(kernel), 0);
  const outputPadding = triple(op, 'outputPadding', options.outputPadding ?? (strides.map((s) => s - 1) as Vector3), 0);
  if (outputPadding.some((n, i) => n >= strides[i])) {
    throw new OpsError(op, `outputPadding below strides [${strides}]`, `[${outputPadding}]`, 'use at most strides - 1');
  }
  const coarse = x.shape.slice(1, 4) as Vector3;
  const fine = coarse.map((n, i) => (n - 1) * strides[i] - 2 * padding[i] + kernel[i] + outputPadding[i]) as Vector3;
  if (fine.some((n) => n < 1)) {
    throw new OpsError(op, 'an output of at least one voxel', `[${fine}] for x [${x.shape}]`, 'use less padding');
  }
  const geometry: ConvGeometry = {
    strides,
    padding,
    inputShape: [x.shape[0], ...fine, filter.shape[3]],
    filterShape: filter.shape,
    outputSize: coarse,
  };
  return bilinear<tf.Tensor5D>(x, filter, {
    forward: (a, b) => convInputAdjoint(a, b, geometry),
    gradientA: (dy, b) => convForward(dy, b, geometry),
    gradientB: (dy, a) => convFilterAdjoint(dy, a, geometry),
  });
}
