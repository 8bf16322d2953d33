import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { guardHeap } from './guardedHeap';
import { hasWebgpu, startWebgpu } from './webgpu';

/** Something the operations run on. */
interface Device {
  name: string;
  /** Makes it the current backend. */
  use: () => Promise<unknown>;
  /** Undoes what would change the devices that follow. */
  leave?: () => void;
}

function unregisterOurKernels(backend: string): void {
  for (const { kernelName } of tf.getKernelsForBackend(backend)) {
    if (kernelName.startsWith('Paired3d')) tf.unregisterKernel(kernelName, backend);
  }
}

const cpu: Device = { name: 'cpu', use: () => tf.setBackend('cpu') };

const wasm: Device = {
  name: 'wasm, stock kernels',
  use: async () => {
    await import('@tensorflow/tfjs-backend-wasm');
    await tf.setBackend('wasm');
    guardHeap(tf.backend());
  },
};

function wasmKernels(instructions: string, relaxedSimd: boolean): Device {
  return {
    name: `wasm, our kernels, ${instructions}`,
    use: async () => {
      await wasm.use();
      const { registerWasmKernels } = await import('../wasm/index');
      expect(await registerWasmKernels({ relaxedSimd })).toEqual({ relaxedSimd });
    },
    leave: () => unregisterOurKernels('wasm'),
  };
}

const stockWebgpu: Device = {
  name: 'webgpu, stock kernels',
  use: async () => {
    await startWebgpu();
  },
};

const webgpuKernels: Device = {
  name: 'webgpu, our kernels',
  use: async () => {
    await startWebgpu();
    const { registerWebgpuKernels } = await import('../webgpu/index');
    registerWebgpuKernels();
  },
  leave: () => unregisterOurKernels('webgpu'),
};

const devices: Device[] = [
  cpu,
  wasm,
  wasmKernels('plain SIMD', false),
  wasmKernels('relaxed SIMD', true),
  ...(hasWebgpu ? [webgpuKernels] : []),
  ...(process.env.PAIRED3D_WEBGPU === 'stock' ? [stockWebgpu] : []),
];

/** Declares the same tests on every device. */
export function onEveryDevice(declare: () => void): void {
  describe.each(devices)('$name', ({ use, leave }) => {
    beforeAll(async () => {
      await use();
    });
    afterAll(() => leave?.());
    declare();
  });
}
