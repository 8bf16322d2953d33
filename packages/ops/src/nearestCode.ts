import * as tf from '@tensorflow/tfjs-core';
import { dispatch } from './dispatch';
import { product } from './matMul';
import { OpsError } from './errors';
import { checkTensor } from './validate';

/** Most distances held at once: 16 MiB. */
const DISTANCES_AT_ONCE = 1 << 22;

/**
 * Vector quantisation: for each vector the row of the codebook at the smallest squared distance, the first on ties.
 *
 * @param vectors `[N, C]`.
 * @param codebook `[K, C]`.
 * @returns int32 `[N]`. Not differentiable.
 * @throws OpsError when the widths differ.
 */
export function nearestCode(vectors: tf.Tensor2D, codebook: tf.Tensor2D): tf.Tensor1D {
  checkTensor('nearestCode', 'vectors', vectors, 2);
  checkTensor('nearestCode', 'codebook', codebook, 2);
  const width = vectors.shape[1];
  if (codebook.shape[1] !== width) {
    throw new OpsError('nearestCode', `a codebook [K, ${width}]`, `[${codebook.shape}]`, 'match the widths');
  }
  return dispatch('Paired3dNearestCode', { vectors, codebook }, {}, () =>
    nearestRows(vectors, codebook, DISTANCES_AT_ONCE),
  );
}

/** {@link nearestCode} with at most so many distances in memory. */
export function nearestRows(vectors: tf.Tensor2D, codebook: tf.Tensor2D, distancesAtOnce: number): tf.Tensor1D {
  const [count, width] = vectors.shape;
  const codes = codebook.shape[0];
  // |v - c|^2 = |v|^2 - 2 v.c + |c|^2, of which |v|^2 does not change the order.
  const norms = tf.reshape<tf.Rank.R2>(tf.sum(tf.square(codebook), 1), [1, codes]);
  const height = Math.max(1, Math.floor(distancesAtOnce / codes));
  const parts: tf.Tensor1D[] = [];
  for (let row = 0; row < count; row += height) {
    const part = tf.tidy(() => {
      const rows = tf.slice(vectors, [row, 0], [Math.min(height, count - row), width]);
      const dots = product(rows, codebook, false, true) as tf.Tensor2D;
      return tf.argMin(tf.sub(norms, tf.mul(dots, 2)), 1) as tf.Tensor1D;
    });
    parts.push(part);
  }
  return parts.length === 1 ? parts[0] : tf.concat(parts);
}
