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
    const variables = entries.map(([, variable]) => variable);
    // Within a tidy, so that nothing is left behind when it throws.
    result = tf.tidy(() => tf.variableGrads(loss, variables) as { value: tf.Scalar; grads: tf.NamedTensorMap });
  } catch (cause) {
    const missing = /gradient function not found for (\w+)/.exec(String(cause));
    if (missing) throw new MissingGradientsError(missing[1], { cause });
    if (String(cause).includes('Cannot find a connection between any variable')) {
      const expected = 'a loss of the parameters';
      throw new NnError('computeGradients', expected, 'one that uses none of them', 'check the loss', { cause });
    }
    throw cause;
  }
  const gradients = new Map<string, tf.Tensor>();
  for (const [name, variable] of entries) {
    const gradient = result.grads[variable.name];
    if (gradient) gradients.set(name, gradient);
  }
  return { loss: result.value, gradients };
}
