import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { describe, expect, it } from 'vitest';
import type { KernelExports } from './exports';
import { Heap, type WasmBackend } from './heap';
import * as api from './index';
import { registerWasmKernels, WasmBackendError, WasmMemoryError } from './index';
import { runKernel } from './testing';

const multiply = () =>
  tf.tidy(() => [
    ...runKernel(
      'Paired3dMatMul',
      { a: tf.tensor2d([[1, 2]]), b: tf.tensor2d([[3], [4]]) },
      { transposeA: false, transposeB: false },
    ).dataSync(),
  ]);

describe('registerWasmKernels', () => {
  it('exports a short list of names', () => {
    expect(Object.keys(api).sort()).toEqual(['WasmBackendError', 'WasmMemoryError', 'registerWasmKernels']);
  });

  it('asks for the wasm backend', async () => {
    await tf.setBackend('cpu');
    await expect(registerWasmKernels()).rejects.toThrow(WasmBackendError);
    await expect(registerWasmKernels()).rejects.toThrow(/got 'cpu'; do import .* await tf.setBackend\('wasm'\) first/);
  });

  it('can be called again, and changes instructions only when told to', async () => {
    await tf.setBackend('wasm');
    expect(await registerWasmKernels({ relaxedSimd: false })).toEqual({ relaxedSimd: false });
    const kernels = tf.getKernelsForBackend('wasm').length;
    expect(await registerWasmKernels()).toEqual({ relaxedSimd: false });
    expect(multiply()).toEqual([11]);
    const { relaxedSimd } = await registerWasmKernels({ relaxedSimd: true });
    expect(relaxedSimd).toBe(true);
    expect(multiply()).toEqual([11]);
    expect(tf.getKernelsForBackend('wasm').length).toBe(kernels);
  });

  it('says so when the backend was replaced, and serves the new one after another call', async () => {
    await tf.setBackend('wasm');
    await registerWasmKernels();
    const factory = tf.findBackendFactory('wasm');
    tf.removeBackend('wasm');
    tf.registerBackend('wasm', factory);
    await tf.setBackend('wasm');
    expect(multiply).toThrow(WasmBackendError);
    await registerWasmKernels();
    expect(multiply()).toEqual([11]);
  });
});

describe('WasmMemoryError', () => {
  it('refuses what no heap can hold, instead of a wrapped size', async () => {
    await tf.setBackend('wasm');
    await registerWasmKernels();
    const a = tf.zeros([40_000, 1]);
    const before = tf.engine().backend.numDataIds();
    const run = () => runKernel('Paired3dMatMul', { a, b: a }, { transposeA: false, transposeB: true });
    expect(run).toThrow(WasmMemoryError);
    expect(run).toThrow('Paired3dMatMul: expected 6400000000 bytes');
    expect(tf.engine().backend.numDataIds()).toBe(before);
    a.dispose();
  });

  it('is thrown when the allocator gives address 0, and everything taken is given back', () => {
    const offsets = new Map<object, number>();
    let free = 1024;
    const backend: WasmBackend = {
      wasm: {},
      dataIdMap: { get: (id) => ({ memoryOffset: offsets.get(id)! }) },
      makeOutput(shape, dtype) {
        const bytes = 4 * tf.util.sizeFromShape(shape);
        const dataId = {};
        offsets.set(dataId, bytes > free ? 0 : 4096 - free);
        if (bytes <= free) free -= bytes;
        return { dataId, shape, dtype };
      },
      disposeData: (id) => offsets.delete(id),
    };
    const heap = new Heap(backend, new WebAssembly.Memory({ initial: 1 }), {} as KernelExports);
    const before = offsets.size;
    const run = () =>
      heap.call('Kernel', (call) => {
        call.output([10]);
        call.scratch(20);
        call.scratch(1000);
        return 0;
      });
    expect(run).toThrow(expect.objectContaining({ name: 'WasmMemoryError', where: 'Kernel', bytes: 4000 }));
    expect(offsets.size).toBe(before);
  });
});
