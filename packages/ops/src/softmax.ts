import * as tf from '@tensorflow/tfjs-core';
import { dispatch } from './dispatch';

/** Softmax of rows `[N, K]`, without a gradient. */
export function softmaxRows(x: tf.Tensor): tf.Tensor2D {
  return dispatch('Paired3dSoftmax', { x }, {}, () => tf.softmax(x as tf.Tensor2D));
}

/** Gradient of {@link softmaxRows} from its result: `dx = y (dy - sum(dy y))`. */
export function softmaxRowsGradient(dy: tf.Tensor, y: tf.Tensor): tf.Tensor2D {
  return dispatch('Paired3dSoftmaxGrad', { dy, y }, {}, () => {
    const weighted = tf.mul(dy, y);
    return tf.sub(weighted, tf.mul(y, tf.sum(weighted, 1, true))) as tf.Tensor2D;
  });
}
