import * as tf from '@tensorflow/tfjs-core';

/** Whether the current backend has a kernel of that name, e.g. `Paired3dConv3d`. */
export function hasKernel(name: string): boolean {
  return tf.getKernel(name, tf.getBackend()) != null;
}

type Inputs = { [name: string]: tf.Tensor };
type Attributes = { [name: string]: number | boolean | string | number[] };

/** Runs the kernel where the backend has it, and the composite of stock operations elsewhere. */
export function dispatch<T extends tf.Tensor | tf.Tensor[]>(
  name: string,
  inputs: Inputs,
  attributes: Attributes,
  composite: () => T,
): T {
  if (!hasKernel(name)) return tf.tidy(composite);
  return tf.engine().runKernel(name, inputs, attributes as unknown as tf.NamedAttrMap) as unknown as T;
}
