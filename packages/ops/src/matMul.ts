import type * as tf from '@tensorflow/tfjs-core';
import { dispatch } from './dispatch';
import { OpsError } from './errors';
import { bilinear } from './gradient';
import { matMulComposite } from './matMul.composite';
import { checkTensor } from './validate';

/** The product without a gradient: kernel or composite. */
export function product(a: tf.Tensor, b: tf.Tensor, transposeA = false, transposeB = false): tf.Tensor {
  return dispatch('Paired3dMatMul', { a, b }, { transposeA, transposeB }, () =>
    matMulComposite(a, b, transposeA, transposeB),
  );
}

/**
 * Matrix product `op(a) op(b)`, where `op` transposes the last two axes when asked to.
 *
 * @param a `[M, K]`, or `[batch, M, K]` (`[K, M]` with `transposeA`).
 * @param b `[K, N]`, or `[batch, K, N]` (`[N, K]` with `transposeB`); same rank and batch as `a`.
 * @returns `[M, N]` or `[batch, M, N]`.
 * @throws OpsError when ranks, batches or inner sizes differ.
 */
export function matMul<T extends tf.Tensor>(
  a: T,
  b: T,
  options: { transposeA?: boolean; transposeB?: boolean } = {},
): T {
  const { transposeA = false, transposeB = false } = options;
  checkTensor('matMul', 'a', a);
  checkTensor('matMul', 'b', b);
  const shapes = `[${a.shape}] x [${b.shape}]`;
  if (a.rank !== b.rank || (a.rank !== 2 && a.rank !== 3)) {
    throw new OpsError('matMul', 'two matrices, or two batches of matrices', shapes, 'reshape the inputs first');
  }
  if (a.rank === 3 && a.shape[0] !== b.shape[0]) {
    throw new OpsError('matMul', 'batches of the same length', shapes, 'tile the shorter batch');
  }
  const innerA = a.shape[a.rank - (transposeA ? 2 : 1)];
  const innerB = b.shape[b.rank - (transposeB ? 1 : 2)];
  if (innerA !== innerB) {
    throw new OpsError(
      'matMul',
      `equal inner sizes (transposeA ${transposeA}, transposeB ${transposeB})`,
      shapes,
      'transpose one of them',
    );
  }
  return bilinear<T>(a, b, {
    forward: (p, q) => product(p, q, transposeA, transposeB),
    gradientA: (dy, q) => (transposeA ? product(q, dy, transposeB, true) : product(dy, q, false, !transposeB)),
    gradientB: (dy, p) => (transposeB ? product(dy, p, true, transposeA) : product(p, dy, !transposeA, false)),
  });
}
