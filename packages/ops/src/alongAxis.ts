import * as tf from '@tensorflow/tfjs-core';
import { aroundAxis } from './axes';
import { dispatch } from './dispatch';
import { OpsError } from './errors';
import { withGradient } from './gradient';
import { product } from './matMul';
import { checkShape, checkTensor } from './validate';

/**
 * Multiplies one spatial axis by a constant matrix: `y[.., m, ..] = sum_n matrix[m, n] x[.., n, ..]`.
 *
 * Resizing, average pools and Gaussian blurs are three of these with banded matrices.
 *
 * @param x `[B, D, H, W, C]`.
 * @param matrix `[Nout, Nin]`, Nin the size of that axis; taken as a constant, it gets no gradient.
 * @param axis 1, 2 or 3.
 * @returns x with size Nout along the axis.
 * @throws OpsError when the matrix does not fit the axis.
 */
export function alongAxis(x: tf.Tensor5D, matrix: tf.Tensor2D, axis: 1 | 2 | 3): tf.Tensor5D {
  checkTensor('alongAxis', 'x', x, 5);
  checkTensor('alongAxis', 'matrix', matrix, 2);
  if (![1, 2, 3].includes(axis))
    throw new OpsError('alongAxis', 'axis 1, 2 or 3', String(axis), 'choose a spatial axis');
  checkShape('alongAxis', 'matrix', matrix, [-1, x.shape[axis]]);
  return withGradient<tf.Tensor5D>([x], (save) => {
    save([matrix]);
    return { value: apply(x, matrix, axis), gradient: (dy, [m]) => [apply(dy, tf.transpose(m), axis)] };
  });
}

function apply(x: tf.Tensor, matrix: tf.Tensor, axis: number): tf.Tensor5D {
  return dispatch('Paired3dAlongAxis', { x, matrix }, { axis }, () => {
    const [outer, n, inner] = aroundAxis(x.shape, axis);
    const rows = matrix.shape[0];
    const columns = tf.reshape(tf.transpose(tf.reshape<tf.Rank.R3>(x, [outer, n, inner]), [1, 0, 2]), [
      n,
      outer * inner,
    ]);
    const y = tf.transpose(tf.reshape<tf.Rank.R3>(product(matrix, columns), [rows, outer, inner]), [1, 0, 2]);
    const shape = x.shape.map((n, i) => (i === axis ? rows : n)) as tf.Tensor5D['shape'];
    return tf.reshape(y, shape);
  });
}

/** A dense `[rows, columns]` matrix from its weights, those of one place adding up. */
export interface BandedMatrix {
  rows: number;
  columns: number;
  weights: Iterable<readonly [row: number, column: number, weight: number]>;
}

/** Applies one matrix to each spatial axis; null leaves an axis as it is. */
export function alongAxes(x: tf.Tensor5D, matrices: readonly (BandedMatrix | null)[]): tf.Tensor5D {
  return tf.tidy(() => {
    let y = x;
    // Axes that shrink go first, those that grow last and from the last one on: the other axes have fewer voxels then.
    const growth = (i: number) => (matrices[i] ? matrices[i].rows / matrices[i].columns : 0);
    const order = [2, 1, 0].sort((a, b) => growth(a) - growth(b));
    order.forEach((i) => {
      const banded = matrices[i];
      if (!banded) return;
      const values = new Float32Array(banded.rows * banded.columns);
      for (const [row, column, weight] of banded.weights) values[row * banded.columns + column] += weight;
      y = alongAxis(y, tf.tensor2d(values, [banded.rows, banded.columns]), (i + 1) as 1 | 2 | 3);
    });
    return y === x ? withGradient<tf.Tensor5D>([x], () => ({ value: x.clone(), gradient: (dy) => [dy.clone()] })) : y;
  });
}
