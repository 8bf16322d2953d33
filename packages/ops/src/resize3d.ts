import type * as tf from '@tensorflow/tfjs-core';
import { alongAxes, type BandedMatrix } from './alongAxis';
import { checkSize, checkTensor } from './validate';

/**
 * Trilinear resizing, equal to PyTorch's `interpolate(mode='trilinear', align_corners=False)`.
 *
 * Voxel m of the result looks at `(m + 0.5) N / M - 0.5`, kept inside the volume. There is no smoothing when shrinking.
 *
 * @param x `[B, D, H, W, C]`.
 * @param size `[D', H', W']`.
 * @returns `[B, D', H', W', C]`.
 * @throws OpsError when a size is not a whole number of at least 1.
 */
export function resize3d(x: tf.Tensor5D, size: readonly [number, number, number]): tf.Tensor5D {
  checkTensor('resize3d', 'x', x, 5);
  const target = checkSize('resize3d', size);
  return alongAxes(
    x,
    target.map((rows, i) => (rows === x.shape[i + 1] ? null : linearMatrix(x.shape[i + 1]!, rows))),
  );
}

function linearMatrix(columns: number, rows: number): BandedMatrix {
  const weights = Array.from({ length: rows }, (_, row) => {
    const centre = Math.max(0, ((row + 0.5) * columns) / rows - 0.5);
    const lower = Math.min(columns - 1, Math.floor(centre));
    const fraction = centre - lower;
    return [
      [row, lower, 1 - fraction],
      [row, Math.min(columns - 1, lower + 1), fraction],
    ] as const;
  });
  return { rows, columns, weights: weights.flat() };
}
