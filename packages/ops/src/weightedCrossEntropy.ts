import * as tf from '@tensorflow/tfjs-core';
import { dispatch } from './dispatch';
import { withGradient } from './gradient';
import { softmaxRows } from './softmax';
import { checkShape, checkTensor } from './validate';

/**
 * Class-weighted cross entropy with the mean PyTorch takes, i.e. divided by the sum of the weights:
 * `sum_nl w_l t_nl (-log p_nl) / sum_nl w_l t_nl`, p the softmax of the logits.
 *
 * @param logits `[N, L]`.
 * @param targets `[N, L]`, one-hot or soft.
 * @param weights `[L]`, one per class.
 * @returns a scalar, in nats; its gradient goes to the logits only.
 * @throws OpsError on other shapes.
 */
export function weightedCrossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D, weights: tf.Tensor1D): tf.Scalar {
  const op = 'weightedCrossEntropy';
  checkTensor(op, 'logits', logits, 2);
  checkTensor(op, 'targets', targets, 2);
  checkTensor(op, 'weights', weights, 1);
  checkShape(op, 'targets', targets, logits.shape);
  checkShape(op, 'weights', weights, [logits.shape[1]]);
  return withGradient<tf.Scalar>([logits], (save) => {
    const [value, norm] = dispatch('Paired3dWeightedCrossEntropy', { logits, targets, weights }, {}, () =>
      lossComposite(logits, targets, weights),
    );
    save([logits, targets, weights, norm]);
    return {
      value,
      gradient: (dy, [z, t, w, n]) => [
        dispatch<tf.Tensor>(
          'Paired3dWeightedCrossEntropyGrad',
          { dy, logits: z, targets: t, weights: w, norm: n },
          {},
          () => gradientComposite(dy, z, t, w, n),
        ),
      ],
    };
  });
}

function lossComposite(logits: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor): tf.Tensor[] {
  const shifted = tf.sub(logits, tf.max(logits, 1, true));
  const logP = tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), 1, true)));
  const weighted = tf.mul(targets, weights);
  const norm = tf.sum(weighted);
  return [tf.div(tf.neg(tf.sum(tf.mul(weighted, logP))), norm), norm];
}

function gradientComposite(
  dy: tf.Tensor,
  logits: tf.Tensor,
  targets: tf.Tensor,
  weights: tf.Tensor,
  norm: tf.Tensor,
): tf.Tensor {
  const weighted = tf.mul(targets, weights);
  const residual = tf.sub(tf.mul(softmaxRows(logits), tf.sum(weighted, 1, true)), weighted);
  return tf.mul(residual, tf.div(dy, norm));
}
