import * as tf from '@tensorflow/tfjs-core';

/** On rows `[N, C]`: `[y [N, C], mean [N], 1 / std [N]]`. */
export function layerNormComposite(
  x: tf.Tensor2D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  epsilon: number,
): tf.Tensor[] {
  const mean = tf.mean(x, 1, true);
  const centred = tf.sub(x, mean);
  const rstd = tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), epsilon));
  const y = tf.add(tf.mul(tf.mul(centred, rstd), scale), offset);
  return [y, tf.reshape<tf.Rank.R1>(mean, [-1]), tf.reshape<tf.Rank.R1>(rstd, [-1])];
}

/** `[dx [N, C], dscale [C], doffset [C]]`. */
export function layerNormGradComposite(
  dy: tf.Tensor2D,
  x: tf.Tensor2D,
  scale: tf.Tensor1D,
  mean: tf.Tensor1D,
  rstd: tf.Tensor1D,
): tf.Tensor[] {
  const inverse = tf.expandDims(rstd, 1);
  const normalised = tf.mul(tf.sub(x, tf.expandDims(mean, 1)), inverse);
  const dn = tf.mul(dy, scale);
  const along = tf.mul(normalised, tf.mean(tf.mul(dn, normalised), 1, true));
  const dx = tf.mul(tf.sub(tf.sub(dn, tf.mean(dn, 1, true)), along), inverse);
  return [dx, tf.sum(tf.mul(dy, normalised), 0), tf.sum(dy, 0)];
}
