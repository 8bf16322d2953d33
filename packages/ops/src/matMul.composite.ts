import * as tf from '@tensorflow/tfjs-core';

/** Stock matrix product of rank 2. wasm is fast only without transposition, so it is made explicit. */
function multiply(a: tf.Tensor2D, b: tf.Tensor2D, transposeA: boolean, transposeB: boolean): tf.Tensor2D {
  return tf.matMul(transposeA ? tf.transpose(a) : a, transposeB ? tf.transpose(b) : b);
}

/** `op(a) op(b)` of stock operations, rank 2 or 3. */
export function matMulComposite(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): tf.Tensor {
  if (a.rank === 2) return multiply(a as tf.Tensor2D, b as tf.Tensor2D, transposeA, transposeB);
  // The batched product of the wasm backend is ten times slower than its plain one.
  if (tf.getBackend() !== 'wasm') return tf.matMul(a, b, transposeA, transposeB);
  const item = (x: tf.Tensor, i: number) =>
    tf.reshape<tf.Rank.R2>(tf.slice(x, [i, 0, 0], [1, x.shape[1]!, x.shape[2]!]), [x.shape[1]!, x.shape[2]!]);
  const products = Array.from({ length: a.shape[0] }, (_, i) =>
    tf.tidy(() => multiply(item(a, i), item(b, i), transposeA, transposeB)),
  );
  return products.length === 1 ? tf.expandDims(products[0], 0) : tf.stack(products);
}
