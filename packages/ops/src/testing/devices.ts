import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { guardHeap } from './guardedHeap';

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

const webgpu: Device = {
  name: 'webgpu, stock kernels',
  use: async () => {
    if (!tf.findBackend('webgpu')) await registerWebgpu();
    if (!(await tf.setBackend('webgpu'))) throw new Error('the webgpu backend did not start');
  },
};

async function registerWebgpu(): Promise<void> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create([]);
  // tfjs looks for it there; Node has a navigator of its own from version 21 on.
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error('PAIRED3D_WEBGPU is set, but there is no WebGPU adapter');
  const { maxBufferSize, maxStorageBufferBindingSize, maxComputeInvocationsPerWorkgroup } = adapter.limits;
  const device = await adapter.requestDevice({
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize, maxComputeInvocationsPerWorkgroup },
  });
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  tf.removeBackend('webgpu'); // the import registered one that would ask for an adapter of its own
  tf.registerBackend('webgpu', () => new WebGPUBackend(device, adapter.info));
}

/** WebGPU needs an adapter, which few test machines have: `PAIRED3D_WEBGPU=1` adds it. */
const devices: Device[] = [
  cpu,
  wasm,
  wasmKernels('plain SIMD', false),
  wasmKernels('relaxed SIMD', true),
  ...(process.env.PAIRED3D_WEBGPU ? [webgpu] : []),
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
