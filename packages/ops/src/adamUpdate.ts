import * as tf from '@tensorflow/tfjs-core';
import { dispatch } from './dispatch';
import { OpsError } from './errors';
import { checkShape, checkTensor } from './validate';

/** Settings of one Adam step. */
export interface AdamOptions {
  learningRate: number;
  /** Decay of the mean of the gradients, e.g. 0.9. */
  beta1: number;
  /** Decay of the mean of their squares, e.g. 0.999. */
  beta2: number;
  /** Added to the root, after the bias correction, as PyTorch does; e.g. 1e-8. */
  epsilon: number;
  /** Number of this step, from 1. */
  step: number;
  /** Decoupled weight decay as in AdamW (Loshchilov and Hutter 2019); default 0. */
  weightDecay?: number;
}

/**
 * One step of Adam (Kingma and Ba 2015, algorithm 1), equal to PyTorch's.
 *
 * @param p parameter, any shape.
 * @param g its gradient, same shape.
 * @param m running mean of the gradients, zeros at first.
 * @param v running mean of their squares, zeros at first.
 * @returns new p, m and v; the inputs are left as they were. Not differentiable.
 * @throws OpsError when shapes differ or the step is not a whole number from 1.
 */
export function adamUpdate<T extends tf.Tensor>(
  p: T,
  g: tf.Tensor,
  m: tf.Tensor,
  v: tf.Tensor,
  options: AdamOptions,
): [T, T, T] {
  const { learningRate, beta1, beta2, epsilon, step, weightDecay = 0 } = options;
  for (const [name, tensor] of Object.entries({ p, g, m, v })) {
    checkTensor('adamUpdate', name, tensor);
    checkShape('adamUpdate', name, tensor, p.shape);
  }
  if (!Number.isInteger(step) || step < 1) {
    throw new OpsError('adamUpdate', 'step 1, 2, …', String(step), 'count steps from 1');
  }
  const settings = { learningRate, beta1, beta2, epsilon, step, weightDecay };
  return dispatch<tf.Tensor[]>('Paired3dAdam', { p, g, m, v }, settings, () => adamComposite(p, g, m, v, settings)) as [
    T,
    T,
    T,
  ];
}

function adamComposite(p: tf.Tensor, g: tf.Tensor, m: tf.Tensor, v: tf.Tensor, o: Required<AdamOptions>): tf.Tensor[] {
  const [parameter, gradient, mean, square] = [p, g, m, v].map((t) => tf.reshape<tf.Rank.R1>(t, [-1]));
  const mNext = tf.add(tf.mul(mean, o.beta1), tf.mul(gradient, 1 - o.beta1));
  const vNext = tf.add(tf.mul(square, o.beta2), tf.mul(tf.square(gradient), 1 - o.beta2));
  const root = tf.add(tf.mul(tf.sqrt(vNext), 1 / Math.sqrt(1 - o.beta2 ** o.step)), o.epsilon);
  const change = tf.mul(tf.div(mNext, root), o.learningRate / (1 - o.beta1 ** o.step));
  const decayed = o.weightDecay === 0 ? parameter : tf.mul(parameter, 1 - o.learningRate * o.weightDecay);
  return [tf.sub(decayed, change), mNext, vNext].map((t) => tf.reshape(t, p.shape));
}
