import * as tf from '@tensorflow/tfjs-core';
import { dispatch } from './dispatch';
import { withGradient } from './gradient';
import { checkShape, checkTensor } from './validate';

/**
 * Adds a bias over the last axis.
 *
 * @param x `[.., C]`.
 * @param bias `[C]`.
 * @returns the shape of x.
 * @throws OpsError when the widths differ.
 */
export function addBias<T extends tf.Tensor>(x: T, bias: tf.Tensor): T {
  checkTensor('addBias', 'x', x);
  checkTensor('addBias', 'bias', bias);
  checkShape('addBias', 'bias', bias, [x.shape[x.rank - 1]]);
  // Through rank 2: rank 5 broadcasts are wrong on the webgpu backend.
  const rows = (y: tf.Tensor) => tf.reshape<tf.Rank.R2>(y, [-1, bias.size]);
  return withGradient<T>([x, bias], () => ({
    value: dispatch('Paired3dAddBias', { x, bias }, {}, () => tf.reshape(tf.add(rows(x), bias), x.shape)),
    gradient: (dy) => [tf.clone(dy), tf.sum(rows(dy), 0)],
  }));
}
