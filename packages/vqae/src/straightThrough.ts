import * as tf from '@tensorflow/tfjs-core';

/** The value of `quantized`, the gradient of `latents`: z + sg[z_q - z] (Bengio et al., 2013). */
export function straightThrough<T extends tf.Tensor>(latents: T, quantized: T): T {
  const { shape } = latents;
  const op = tf.customGrad((_z, zq) => ({
    value: tf.clone(zq as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => [tf.clone(dy), tf.zeros(shape)],
  }));
  return op(latents, quantized) as T;
}

/** The value of x, no gradient. */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  const op = tf.customGrad((value) => ({
    value: tf.clone(value as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }));
  return op(x) as T;
}

/** mean((a - b)^2) over all elements. */
export function meanSquare(a: tf.Tensor, b: tf.Tensor): tf.Scalar {
  return tf.mean(tf.square(tf.sub(a, b)));
}
