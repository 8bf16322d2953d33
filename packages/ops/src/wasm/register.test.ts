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

  it('is thrown by the kernels of tfjs too, with a full heap and without end', async () => {
    await tf.setBackend('wasm');
    await registerWasmKernels();
    const count = () => [tf.memory().numTensors, tf.engine().backend.numDataIds()];
    const column = tf.zeros([40_000, 1]);
    const row = tf.zeros([1, 8]);
    const before = count();
    expect(() => tf.tile(column, [1, 40_000])).toThrow('tfjs: expected 6400000000 bytes');

    // Blocks whose values are never touched take addresses, not memory.
    const GIBI = 2 ** 30;
    const blocks: tf.Tensor[] = [];
    const take = (bytes: number) => {
      const info = (tf.backend() as unknown as WasmBackend).makeOutput([bytes / 4], 'float32');
      blocks.push(tf.engine().makeTensorFromTensorInfo(info));
    };
    expect(() => Array.from({ length: 4 }, () => take(GIBI))).toThrow(WasmMemoryError);
    expect(blocks.length).toBe(3);
    for (let bytes = GIBI / 2; bytes >= 1024; bytes /= 2)
      expect(() => [1, 2, 3].forEach(() => take(bytes))).toThrow(WasmMemoryError);

    const large = () => tf.tidy(() => void tf.tile(row, [1000, 1]));
    expect(large).toThrow(WasmMemoryError);
    expect(() => runKernel('Paired3dGelu', { x: column })).toThrow('Paired3dGelu: expected 160000 bytes');
    tf.dispose(blocks);
    expect(count()).toEqual(before);
    expect(large).not.toThrow();
    expect(multiply()).toEqual([11]);
    tf.dispose([column, row]);
  });

  it('frees what the kernel had taken', () => {
    const taken = new Set<object>();
    const backend = {
      dataIdMap: { get: () => ({ memoryOffset: 8 }) },
      makeOutput(shape: number[], dtype: tf.DataType) {
        if (shape[0] === 1000) throw new WasmMemoryError('tfjs', 4000);
        const dataId = {};
        taken.add(dataId);
        return { dataId, shape, dtype };
      },
      incRef: () => {},
      disposeData: (id: object) => taken.delete(id),
    };
    const heap = new Heap(
      backend as unknown as WasmBackend,
      new WebAssembly.Memory({ initial: 1 }),
      {} as KernelExports,
    );
    const before = taken.size;
    const run = () =>
      heap.call('Kernel', (call) => {
        call.output([10]);
        call.scratch(20);
        call.scratch(1000);
        return 0;
      });
    expect(run).toThrow(expect.objectContaining({ name: 'WasmMemoryError', where: 'Kernel', bytes: 4000 }));
    expect(taken.size).toBe(before);
  });
});
