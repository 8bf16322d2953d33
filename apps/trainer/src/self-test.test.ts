import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { selectBackend } from './backend';
import { testConv3d } from './self-test';

describe('testConv3d', () => {
  it('finds the wasm backend right, times it and keeps no tensors', async () => {
    await selectBackend('wasm');
    const before = tf.memory().numTensors;
    const result = await testConv3d(tf);
    expect(result).toMatchObject({ ok: true });
    expect(result.maxError).toBeLessThan(1e-5);
    expect(result.gflops).toBeGreaterThan(0.1);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('notices a backend that computes wrong, or nothing at all', async () => {
    await selectBackend('wasm');
    const kernel = tf.getKernel('Paired3dConv3d', 'wasm');
    for (const wrong of [1.01, NaN]) {
      tf.unregisterKernel('Paired3dConv3d', 'wasm');
      tf.registerKernel({
        ...kernel,
        kernelFunc: (args) => {
          const y = kernel.kernelFunc(args) as tf.TensorInfo;
          return tf.mul(tf.engine().makeTensorFromTensorInfo(y), wrong);
        },
      });
      expect((await testConv3d(tf)).ok).toBe(false);
    }
    tf.unregisterKernel('Paired3dConv3d', 'wasm');
    tf.registerKernel(kernel);
  });
});
