import * as tf from '@tensorflow/tfjs-core';
import { dispatch } from './dispatch';
import { withGradient } from './gradient';
import { checkTensor } from './validate';

/**
 * The exact GELU `x Phi(x)`, Phi the normal distribution function (Hendrycks and Gimpel 2016), not the tanh approximation.
 *
 * @param x any shape.
 * @returns the shape of x.
 * @throws OpsError when x is not float32.
 */
export function gelu<T extends tf.Tensor>(x: T): T {
  checkTensor('gelu', 'x', x);
  return withGradient<T>([x], (save) => {
    save([x]);
    const value = dispatch<tf.Tensor>('Paired3dGelu', { x }, {}, () => geluComposite(x));
    return {
      value,
      gradient: (dy, [input]) => [
        dispatch<tf.Tensor>('Paired3dGeluGrad', { dy, x: input }, {}, () => geluGradComposite(dy, input)),
      ],
    };
  });
}

function normalDistribution(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
}

function geluComposite(x: tf.Tensor): tf.Tensor {
  const flat = tf.reshape<tf.Rank.R1>(x, [-1]);
  return tf.reshape(tf.mul(flat, normalDistribution(flat)), x.shape);
}

function geluGradComposite(dy: tf.Tensor, x: tf.Tensor): tf.Tensor {
  const flat = tf.reshape<tf.Rank.R1>(x, [-1]);
  const density = tf.mul(tf.exp(tf.mul(tf.square(flat), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return tf.reshape(
    tf.mul(tf.reshape<tf.Rank.R1>(dy, [-1]), tf.add(normalDistribution(flat), tf.mul(flat, density))),
    x.shape,
  );
}
