import * as tf from '@tensorflow/tfjs-core';

/** `[B, D, H, W, C] -> [B, D*H*W, C]`: rank 5 broadcasts are wrong on the webgpu backend. */
function flatSpace(x: tf.Tensor): tf.Tensor3D {
  return tf.reshape(x, [x.shape[0], -1, x.shape[4]!]);
}

/** `[y, mean [B, C], 1 / std [B, C]]`. */
export function instanceNormPreluComposite(x: tf.Tensor5D, alpha: tf.Tensor1D, epsilon: number): tf.Tensor[] {
  const [batch, , , , channels] = x.shape;
  const flat = flatSpace(x);
  const mean = tf.mean(flat, 1, true);
  const centred = tf.sub(flat, mean);
  const rstd = tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), epsilon));
  const normalised = tf.mul(centred, rstd);
  const positive = tf.relu(normalised);
  const y = tf.add(positive, tf.mul(tf.sub(normalised, positive), alpha));
  return [tf.reshape(y, x.shape), tf.reshape(mean, [batch, channels]), tf.reshape(rstd, [batch, channels])];
}

/** `[dx, dalpha [1]]`. */
export function instanceNormPreluGradComposite(
  dy: tf.Tensor5D,
  x: tf.Tensor5D,
  alpha: tf.Tensor1D,
  mean: tf.Tensor2D,
  rstd: tf.Tensor2D,
): tf.Tensor[] {
  const scale = tf.expandDims(rstd, 1);
  const normalised = tf.mul(tf.sub(flatSpace(x), tf.expandDims(mean, 1)), scale);
  const dyFlat = flatSpace(dy);
  const positive = tf.step(normalised);
  const dalpha = tf.reshape(tf.sum(tf.mul(dyFlat, tf.sub(normalised, tf.relu(normalised)))), [1]);
  const slope = tf.add(positive, tf.mul(tf.sub(1, positive), alpha));
  const dn = tf.mul(dyFlat, slope);
  const along = tf.mul(normalised, tf.mean(tf.mul(dn, normalised), 1, true));
  const dx = tf.mul(tf.sub(tf.sub(dn, tf.mean(dn, 1, true)), along), scale);
  return [tf.reshape(dx, x.shape), dalpha];
}
