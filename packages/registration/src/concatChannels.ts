import * as tf from '@tensorflow/tfjs-core';

/**
 * Concatenates two tensors [B, D, H, W, Ca], [B, D, H, W, Cb] along the channels: [B, D, H, W, Ca + Cb]. Differentiable.
 * Through rank 2, since operations of rank 5 are slow, or not right, on some backends.
 */
export function concatChannels(a: tf.Tensor5D, b: tf.Tensor5D): tf.Tensor5D {
  const rows = [a, b].map((x) => tf.reshape(x, [-1, x.shape[4]]) as tf.Tensor2D);
  const [batch, depth, height, width, channels] = a.shape;
  return tf.reshape(tf.concat(rows, 1), [batch, depth, height, width, channels + b.shape[4]]);
}
