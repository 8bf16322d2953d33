import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { copyFromHost, copyToHost, hostBytes } from './hostCopy';
import { registerWasmKernels } from './wasm';

const backends = {
  cpu: () => Promise.resolve(),
  'wasm without kernels': () => Promise.resolve(),
  wasm: registerWasmKernels,
};

describe.each(Object.entries(backends))('copies between tensors and the host, %s', (name, registerKernels) => {
  it('carries values, shapes and types through shared memory', async () => {
    await tf.setBackend(name.split(' ')[0]);
    await registerKernels();
    const tensors = [tf.tensor2d([[1, 2.5, -3]]), tf.tensor1d([7, 2 ** 30], 'int32'), tf.scalar(4), tf.zeros([0, 3])];
    // Each from a whole word on: of three, two, one and no values.
    expect(hostBytes(tensors)).toBe(16 + 8 + 8);
    const bytes = new Uint8Array(new SharedArrayBuffer(48), 8, 32);
    const before = tf.memory().numTensors;
    await copyToHost(tensors, bytes);
    expect(tf.memory().numTensors).toBe(before);
    const specs = tensors.map(({ dtype, shape }) => ({ dtype: dtype as 'float32', shape }));
    const copies = copyFromHost(bytes, specs);
    bytes.fill(255);
    expect(tf.memory().numTensors).toBe(before + tensors.length);
    for (const [i, tensor] of tensors.entries()) {
      expect([copies[i].dtype, copies[i].shape]).toEqual([tensor.dtype, tensor.shape]);
      expect(await copies[i].data()).toEqual(await tensor.data());
    }
    tf.dispose([...tensors, ...copies]);
  });

  it('says what does not fit', async () => {
    const tensor = tf.zeros([2]);
    await expect(copyToHost([tensor], new Uint8Array(12))).rejects.toThrow('copyToHost: expected 8 bytes, got 12');
    expect(() => copyFromHost(new Uint8Array(4), [{ dtype: 'float32', shape: [2] }])).toThrow(
      'expected 8 bytes, got 4',
    );
    const flags = tf.zeros([4], 'bool');
    await expect(copyToHost([flags], new Uint8Array(16))).rejects.toThrow('expected float32 or int32, got bool');
    tf.dispose([tensor, flags]);
  });
});
