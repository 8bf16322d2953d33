import * as tf from '@tensorflow/tfjs-core';
import { adamUpdate, type AdamOptions } from './adamUpdate';
import { dispatch, hasKernel } from './dispatch';
import { OpsError } from './errors';
import { checkShape, checkTensor } from './validate';

const KERNEL = 'Paired3dAdamAll';

/** Whether the current backend updates many parameters in one go; on the others `adamUpdate` is as fast. */
export function hasAdamUpdateAll(): boolean {
  return hasKernel(KERNEL);
}

/** What a step of `adamUpdateAll` makes. */
export interface AdamState<T extends tf.Tensor = tf.Tensor> {
  readonly parameters: T[];
  readonly m: tf.Tensor1D;
  readonly v: tf.Tensor1D;
}

/**
 * One step of Adam for many parameters together, which is one dispatch on WebGPU: `adamUpdate` of each.
 *
 * @param parameters at least one, of any shapes.
 * @param gradients of each, with its shape.
 * @param m running means of all, one after the other: `[values]`, zeros at first.
 * @param v running means of squares, likewise.
 * @returns new parameters, m and v; the inputs are left as they were. Not differentiable.
 * @throws OpsError when numbers or shapes differ, or the step is not a whole number from 1.
 */
export function adamUpdateAll<T extends tf.Tensor>(
  parameters: readonly T[],
  gradients: readonly tf.Tensor[],
  m: tf.Tensor1D,
  v: tf.Tensor1D,
  options: AdamOptions,
): AdamState<T> {
  const { learningRate, beta1, beta2, epsilon, step, weightDecay = 0 } = options;
  if (parameters.length === 0 || gradients.length !== parameters.length) {
    const got = `${parameters.length} and ${gradients.length}`;
    throw new OpsError('adamUpdateAll', 'parameters and as many gradients', got, 'give the gradient of each');
  }
  parameters.forEach((parameter, i) => {
    checkTensor('adamUpdateAll', `parameter ${i}`, parameter);
    checkTensor('adamUpdateAll', `gradient ${i}`, gradients[i]);
    checkShape('adamUpdateAll', `gradient ${i}`, gradients[i], parameter.shape);
  });
  const values = parameters.reduce((sum, { size }) => sum + size, 0);
  for (const [name, moment] of Object.entries({ m, v })) checkShape('adamUpdateAll', name, moment, [values]);
  if (!Number.isInteger(step) || step < 1) {
    throw new OpsError('adamUpdateAll', 'step 1, 2, …', String(step), 'count steps from 1');
  }
  const settings = { learningRate, beta1, beta2, epsilon, step, weightDecay };
  const named = (name: string, tensors: readonly tf.Tensor[]) =>
    Object.fromEntries(tensors.map((tensor, i) => [`${name}${i}`, tensor]));
  const inputs = { ...named('p', parameters), ...named('g', gradients), m, v };
  const made = dispatch<tf.Tensor[]>(KERNEL, inputs, settings, () => oneByOne(parameters, gradients, m, v, settings));
  const [newM, newV] = made.splice(parameters.length) as tf.Tensor1D[];
  return { parameters: made as T[], m: newM, v: newV };
}

function oneByOne(
  parameters: readonly tf.Tensor[],
  gradients: readonly tf.Tensor[],
  m: tf.Tensor1D,
  v: tf.Tensor1D,
  options: AdamOptions,
): tf.Tensor[] {
  let at = 0;
  const updated = parameters.map((parameter, i) => {
    const part = (x: tf.Tensor1D) => tf.reshape(tf.slice(x, at, parameter.size), parameter.shape);
    const made = adamUpdate(parameter, gradients[i], part(m), part(v), options);
    at += parameter.size;
    return made;
  });
  const joined = (moment: 1 | 2) => tf.concat(updated.map((made) => tf.reshape<tf.Rank.R1>(made[moment], [-1])));
  return [...updated.map(([p]) => p), joined(1), joined(2)];
}
