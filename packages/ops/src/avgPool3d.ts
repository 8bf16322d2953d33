import type * as tf from '@tensorflow/tfjs-core';
import { alongAxes, type BandedMatrix } from './alongAxis';
import { OpsError } from './errors';
import { checkTensor, triple, type Triple } from './validate';

/**
 * Average pooling that counts the padded zeros, as PyTorch's `avg_pool3d` does and TensorFlow's does not.
 *
 * @param x `[B, D, H, W, C]`.
 * @param options window `size`, `strides` (by default the size) and `padding` on both sides (0), in voxels.
 * @returns `[B, D', H', W', C]` with `D' = floor((D + 2 padding - size) / stride) + 1`.
 * @throws OpsError when the window does not fit or the padding exceeds half of it.
 */
export function avgPool3d(x: tf.Tensor5D, options: { size: Triple; strides?: Triple; padding?: Triple }): tf.Tensor5D {
  checkTensor('avgPool3d', 'x', x, 5);
  const size = triple('avgPool3d', 'size', options.size, 1);
  const strides = triple('avgPool3d', 'strides', options.strides ?? size, 1);
  const padding = triple('avgPool3d', 'padding', options.padding ?? 0, 0);
  const matrices = size.map((k, i) => {
    const n = x.shape[i + 1]!;
    if (2 * padding[i] > k || n + 2 * padding[i] < k) {
      const got = `size ${k}, padding ${padding[i]} for ${n} voxels`;
      throw new OpsError(
        'avgPool3d',
        'a window that fits, with a padding of at most half of it',
        got,
        'use another size',
      );
    }
    return k === 1 && strides[i] === 1 ? null : poolMatrix(n, k, strides[i], padding[i]);
  });
  return alongAxes(x, matrices);
}

function poolMatrix(columns: number, k: number, stride: number, padding: number): BandedMatrix {
  const rows = Math.floor((columns + 2 * padding - k) / stride) + 1;
  const weights: [number, number, number][] = [];
  for (let row = 0; row < rows; row++) {
    const start = row * stride - padding;
    for (let column = Math.max(0, start); column < Math.min(columns, start + k); column++) {
      weights.push([row, column, 1 / k]);
    }
  }
  return { rows, columns, weights };
}
