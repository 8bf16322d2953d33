import * as tf from '@tensorflow/tfjs-core';
import { hasKernel } from './dispatch';
import { OpsError } from './errors';

/** A tensor without its values. */
export interface TensorSpec {
  readonly dtype: 'float32' | 'int32';
  readonly shape: readonly number[];
}

/**
 * Copies the values of tensors, float32 or int32, behind each other into bytes on the host, e.g. on shared memory. Kernels
 * do it without an array for each: garbage of megabytes has the collector run between all steps of a training.
 * @param to {@link hostBytes} of the tensors, from a multiple of 8 on
 * @throws OpsError when they are more, or fewer
 */
export async function copyToHost(tensors: readonly tf.Tensor[], to: Uint8Array): Promise<void> {
  checkBytes('copyToHost', tensors, to);
  if (hasKernel('Paired3dToHost')) {
    run('Paired3dToHost', { ...tensors }, { to });
    return;
  }
  let at = 0;
  for (const tensor of tensors) {
    const { buffer, byteOffset, byteLength } = await tensor.data();
    to.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += roomOf(tensor.shape);
  }
}

/**
 * The tensors whose values lie behind each other in bytes on the host, as {@link copyToHost} left them. The caller owns them.
 * @throws OpsError when there are more bytes, or fewer
 */
export function copyFromHost(from: Uint8Array, specs: readonly TensorSpec[]): tf.Tensor[] {
  checkBytes('copyFromHost', specs, from);
  if (hasKernel('Paired3dFromHost')) return run('Paired3dFromHost', {}, { from, specs });
  let at = 0;
  return specs.map(({ dtype, shape }) => {
    // A copy: some backends keep the array, and what lies on the host may change.
    const { buffer } = from.slice(at, at + bytesOf(shape));
    at += roomOf(shape);
    return tf.tensor(dtype === 'int32' ? new Int32Array(buffer) : new Float32Array(buffer), [...shape], dtype);
  });
}

/** How many bytes tensors take on the host. */
export function hostBytes(tensors: readonly (tf.Tensor | TensorSpec)[]): number {
  return tensors.reduce((sum, { shape }) => sum + roomOf(shape), 0);
}

/** Bytes of a tensor's values. */
export const bytesOf = (shape: readonly number[]) => 4 * tf.util.sizeFromShape([...shape]);

/** Bytes from a tensor to the next: whole words, for V8 copies from and to shared memory by words, or else byte by byte. */
export const roomOf = (shape: readonly number[]) => 8 * Math.ceil(bytesOf(shape) / 8);

function run(kernel: string, inputs: object, attributes: object): tf.Tensor[] {
  return tf.engine().runKernel(kernel, inputs as tf.NamedTensorMap, attributes as tf.NamedAttrMap) as tf.Tensor[];
}

function checkBytes(where: string, tensors: readonly (tf.Tensor | TensorSpec)[], { byteLength }: Uint8Array): void {
  const odd = tensors.find(({ dtype }) => dtype !== 'float32' && dtype !== 'int32');
  if (odd) throw new OpsError(where, 'float32 or int32', odd.dtype, 'cast it first');
  const expected = hostBytes(tensors);
  if (byteLength !== expected) {
    throw new OpsError(where, `${expected} bytes`, `${byteLength}`, 'give an array of that length');
  }
}
