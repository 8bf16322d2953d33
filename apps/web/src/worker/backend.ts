import { registerWasmKernels } from '@paired3d/ops/wasm';
import { createWebgpuBackend, registerWebgpuKernels } from '@paired3d/ops/webgpu';
import * as tf from '@tensorflow/tfjs-core';
// The gradients of TensorFlow.js, which test-time adaptation needs, without the rest of the umbrella package.
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plainBinary from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simdBinary from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threadedBinary from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import { deviceLost, FailureError, unsupported, type Failure } from '../failure';
import type { BackendChoice, BackendName } from '../protocol';

/** A backend that is ready. */
export interface Backend {
  readonly backend: BackendName;
  readonly details: string;
  readonly notes: readonly string[];
}

/**
 * Makes a backend the current one.
 *
 * @param onLost called when its device is lost
 * @throws FailureError when the browser has not what it needs
 */
export async function openBackend(choice: BackendChoice, onLost: (failure: Failure) => void): Promise<Backend> {
  if (choice === 'wasm') return openWasm([]);
  if (!navigator.gpu) return openWasm(['This browser has no WebGPU.']);
  try {
    const webgpu = await openWebgpu(onLost);
    // An adapter in software is slower than WASM; it is used when it is asked for.
    if (choice === 'webgpu' || !webgpu.software) return webgpu;
    return await openWasm([`The only WebGPU adapter computes on the processor (${webgpu.details}).`]);
  } catch (error) {
    if (error instanceof FailureError) throw error;
    return openWasm([`WebGPU did not start: ${error instanceof Error ? error.message : String(error)}.`]);
  }
}

async function openWasm(notes: readonly string[]): Promise<Backend> {
  if (typeof WebAssembly !== 'object') throw unsupported('WebAssembly');
  if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) throw unsupported('WebAssembly SIMD');
  setWasmPaths({
    'tfjs-backend-wasm.wasm': plainBinary,
    'tfjs-backend-wasm-simd.wasm': simdBinary,
    'tfjs-backend-wasm-threaded-simd.wasm': threadedBinary,
  });
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false); // our kernels share memory with the single-threaded binary
  if (!(await tf.setBackend('wasm'))) throw unsupported('working WebAssembly');
  // Plain SIMD: the same seed gives the same tokens on every machine.
  await registerWasmKernels({ relaxedSimd: false });
  return { backend: 'wasm', details: 'SIMD, one thread, kernels of paired3d', notes };
}

async function openWebgpu(onLost: (failure: Failure) => void): Promise<Backend & { software: boolean }> {
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  const { description, software } = await createWebgpuBackend(WebGPUBackend);
  registerWebgpuKernels();
  const { device } = tf.backend() as unknown as { device: GPUDevice };
  void device.lost.then(({ message, reason }) => onLost(deviceLost(message || reason)));
  return { backend: 'webgpu', details: description, notes: [], software };
}
