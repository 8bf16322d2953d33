import * as tf from '@tensorflow/tfjs-core';
import { MissingGradientsError, NnError } from './errors';
import type { Parameters } from './parameters';

/**
 * The loss and its gradient with respect to each of the parameters that it depends on. The caller owns the result.
 * @throws MissingGradientsError when TensorFlow.js has no gradients registered
 * @throws NnError when the loss depends on none of the parameters
 */
export function computeGradients(
  parameters: Parameters,
  loss: () => tf.Scalar,
): { loss: tf.Scalar; gradients: Map<string, tf.Tensor> } {
  if (!tf.getGradient('Add')) throw new MissingGradientsError('Add');
  const entries = [...parameters.entries];
  let result: { value: tf.Scalar; grads: tf.NamedTensorMap };
  try {
    result = tf.variableGrads(
      loss,
      entries.map(([, variable]) => variable),
    );
  } catch (cause) {
    const missing = /gradient function not found for (\w+)/.exec(String(cause));
    if (missing) throw new MissingGradientsError(missing[1], { cause });
    throw cause;
  }
  const gradients = new Map<string, tf.Tensor>();
  for (const [name, variable] of entries) {
    const gradient = result.grads[variable.name];
    if (gradient) gradients.set(name, gradient);
  }
  if (gradients.size === 0) {
    throw new NnError('computeGradients', 'a loss of the parameters', 'one that uses none of them', 'check the loss');
  }
  return { loss: result.value, gradients };
}
