import { matMul } from '@paired3d/ops';
import * as tf from '@tensorflow/tfjs-core';

/** a, b, c of X <- a X + b (X Xᵀ) X + c (X Xᵀ)² X: steep at 0, so that small singular values reach 1 in five steps. */
const [A, B, C] = [3.4445, -4.775, 2.0315];

/**
 * Nearly the nearest orthogonal matrix: the singular vectors stay, and the singular values, whatever they were, end between
 * about 0.7 and 1.2 (those below a thousandth of the norm less). Newton-Schulz iteration with the coefficients of Jordan
 * et al. ("Muon", 2024), as PyTorch's `torch.optim.Muon`, but in float32.
 * @param matrix [rows, columns]
 */
export function orthogonalise(matrix: tf.Tensor2D, iterations = 5): tf.Tensor2D {
  return tf.tidy(() => {
    const [rows, columns] = matrix.shape;
    // The Gram matrix of the shorter side.
    const tall = rows > columns;
    const identity = tf.eye(Math.min(rows, columns));
    let x = tf.div(matrix, tf.add(tf.sqrt(tf.sum(tf.square(matrix))), 1e-7)) as tf.Tensor2D;
    for (let i = 0; i < iterations; i++) {
      x = tf.tidy(() => {
        const gram = matMul(x, x, { transposeA: tall, transposeB: !tall });
        const square = matMul(gram, gram);
        const polynomial = tf.addN([tf.mul(identity, A), tf.mul(gram, B), tf.mul(square, C)]) as tf.Tensor2D;
        return tall ? matMul(x, polynomial) : matMul(polynomial, x);
      });
    }
    return x;
  });
}

/** {@link orthogonalise} of several matrices, by name. The caller owns what it gives and what it gets. */
export type OrthogonaliseAll = (matrices: ReadonlyMap<string, tf.Tensor2D>) => Promise<Map<string, tf.Tensor2D>>;

/** One matrix after the other, on this thread. */
export const orthogonaliseHere: OrthogonaliseAll = (matrices) =>
  Promise.resolve(new Map([...matrices].map(([name, matrix]) => [name, orthogonalise(matrix)])));
