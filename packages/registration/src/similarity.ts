import * as tf from '@tensorflow/tfjs-core';

/**
 * How different two batches of images are. The gradient goes to `warped` alone; `target` is constant.
 * @param warped [B, D, H, W, C]
 * @param target same shape
 * @returns a scalar, the mean over the batch
 */
export type Similarity = (warped: tf.Tensor5D, target: tf.Tensor5D) => tf.Scalar;

/**
 * mean |warped - target|, as PyTorch's `L1Loss`: the derivative at 0 is 0 (stock tfjs takes -1 there, which pulls on
 * every background voxel of a mask).
 */
export const meanAbsoluteDifference: Similarity = (warped, target) => {
  const operation = tf.customGrad((x, save) => {
    const difference = tf.sub(x as tf.Tensor, target);
    (save as tf.GradSaveFunc)([difference]);
    return {
      value: tf.mean(tf.abs(difference)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        tf.mul(tf.sign(saved[0]), tf.div(dy, difference.size)) as tf.Tensor,
    };
  });
  return operation(warped) as tf.Scalar;
};

/** Added to each variance, so that an empty image has a correlation of 0 rather than none. */
const VARIANCE_FLOOR = 1e-7;

/**
 * 1 - NCC with the normalised cross correlation over the whole image, per sample:
 * NCC = cov(w, t) / sqrt(var(w) var(t)); with centred w and t, dNCC/dw = (t - cov/var(w) w) / (N sqrt(var(w) var(t))).
 */
export const globalCorrelationLoss: Similarity = (warped, target) => {
  const batch = warped.shape[0];
  const operation = tf.customGrad((x, save) => {
    const w = centred(tf.reshape(x as tf.Tensor, [batch, -1]));
    const t = centred(tf.reshape(target, [batch, -1]));
    const covariance = tf.mean(tf.mul(w, t), 1, true);
    const variance = tf.add(tf.mean(tf.square(w), 1, true), VARIANCE_FLOOR);
    const scale = tf.rsqrt(tf.mul(variance, tf.add(tf.mean(tf.square(t), 1, true), VARIANCE_FLOOR)));
    (save as tf.GradSaveFunc)([w, t, tf.div(covariance, variance), scale]);
    return {
      value: tf.sub(1, tf.mean(tf.mul(covariance, scale))) as tf.Tensor,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [w, t, ratio, scale] = saved;
        const factor = tf.mul(tf.mul(scale, dy), -1 / w.size);
        return tf.reshape(tf.mul(tf.sub(t, tf.mul(ratio, w)), factor), warped.shape);
      },
    };
  });
  return operation(warped) as tf.Scalar;
};

const centred = (x: tf.Tensor) => tf.sub(x, tf.mean(x, 1, true));

/** The similarities by their names in the configuration. */
export const SIMILARITIES = { l1: meanAbsoluteDifference, ncc: globalCorrelationLoss } as const;
