import { globalCorrelation } from '@paired3d/ops';
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

/** 1 - NCC with the normalised cross correlation over the whole image, per sample. */
export const globalCorrelationLoss: Similarity = (warped, target) =>
  tf.sub(1, tf.mean(globalCorrelation(warped, target)));

/** The similarities by their names in the configuration. */
export const SIMILARITIES = { l1: meanAbsoluteDifference, ncc: globalCorrelationLoss } as const;
