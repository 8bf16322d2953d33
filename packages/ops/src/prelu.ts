import * as tf from '@tensorflow/tfjs-core';
import { dispatch } from './dispatch';
import { withGradient } from './gradient';
import { checkShape, checkTensor } from './validate';

/**
 * PReLU with one slope: `x > 0 ? x : alpha x` (He et al. 2015).
 *
 * @param x any shape.
 * @param alpha `[1]`.
 * @returns the shape of x.
 * @throws OpsError when alpha is not `[1]`.
 */
export function prelu<T extends tf.Tensor>(x: T, alpha: tf.Tensor1D): T {
  checkTensor('prelu', 'x', x);
  checkTensor('prelu', 'alpha', alpha);
  checkShape('prelu', 'alpha', alpha, [1]);
  return withGradient<T>([x, alpha], (save) => {
    save([x, alpha]);
    return {
      value: dispatch<tf.Tensor>('Paired3dPrelu', { x, alpha }, {}, () => preluComposite(x, alpha)),
      gradient: (dy, [input, slope]) =>
        dispatch<tf.Tensor[]>('Paired3dPreluGrad', { dy, x: input, alpha: slope }, {}, () =>
          preluGradComposite(dy, input, slope),
        ),
    };
  });
}

function preluComposite(x: tf.Tensor, alpha: tf.Tensor): tf.Tensor {
  const flat = tf.reshape<tf.Rank.R1>(x, [-1]); // rank 5 broadcasts are wrong on the webgpu backend
  const positive = tf.relu(flat);
  return tf.reshape(tf.add(positive, tf.mul(tf.sub(flat, positive), alpha)), x.shape);
}

function preluGradComposite(dy: tf.Tensor, x: tf.Tensor, alpha: tf.Tensor): tf.Tensor[] {
  const flat = tf.reshape<tf.Rank.R1>(x, [-1]);
  const dyFlat = tf.reshape<tf.Rank.R1>(dy, [-1]);
  const positive = tf.step(flat);
  const dx = tf.reshape(tf.mul(dyFlat, tf.add(positive, tf.mul(tf.sub(1, positive), alpha))), x.shape);
  const dalpha = tf.reshape(tf.sum(tf.mul(dyFlat, tf.sub(flat, tf.relu(flat)))), [1]);
  return [dx, dalpha];
}
