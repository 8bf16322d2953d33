/** TensorFlow.js with its gradients. */
export type Tfjs = typeof import('@tensorflow/tfjs');

/** Makes a backend the current one; false when nothing registered it or it does not start, where tfjs would throw in one case. */
export async function setBackend(tf: Tfjs, name: string): Promise<boolean> {
  return tf.findBackendFactory(name) != null && (await tf.setBackend(name));
}
