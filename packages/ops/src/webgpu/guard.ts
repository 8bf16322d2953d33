import type { WebgpuBackend } from './backend';
import { WebgpuError, WebgpuLimitError } from './errors';
import { limitsOf } from './gpu';

/** What WebGPU reported of a device and nobody was told yet. */
interface Health {
  /** The device is gone, for good. */
  lost?: string;
  /** The first error since the last one that was thrown. */
  error?: string;
}

const healths = new WeakMap<object, Health>();

export const isGuarded = (backend: object): boolean => healths.has(backend);

/** Throws what the device reported since the last call; an error is thrown once, a loss always. */
export function checkHealth(backend: object, where: string): void {
  const health = healths.get(backend);
  if (health?.lost !== undefined) {
    throw new WebgpuError(where, 'a device', `one that was lost: ${health.lost}`, 'call createWebgpuBackend again');
  }
  if (health?.error === undefined) return;
  const { error } = health;
  health.error = undefined;
  throw new WebgpuError(where, 'no error of WebGPU', error, 'values computed since then are not to be trusted');
}

/**
 * Makes the backend say what goes wrong: tfjs by itself logs errors of WebGPU to the console and goes on with zeros. Reads
 * reject, and a tensor beyond the limits of the device is refused when its buffer is asked for, stock kernels included.
 */
export function guardBackend(backend: WebgpuBackend): void {
  const health: Health = {};
  healths.set(backend, health);
  const { device } = backend;
  device.addEventListener('uncapturederror', ({ error }) => {
    health.error ??= error.message;
  });
  void device.lost.then(({ message, reason }) => {
    health.lost = message || reason || 'no reason given';
  });

  // One mistake is followed by errors of all that builds on it; they are told as one.
  const check = async (): Promise<void> => {
    if (health.error !== undefined) {
      if (backend.commandEncoder) {
        backend.endComputePassEncoder();
        backend.submitQueue();
      }
      await device.queue.onSubmittedWorkDone();
    }
    checkHealth(backend, 'read');
  };
  const read = backend.read.bind(backend);
  backend.read = async (dataId) => {
    await check();
    const values = await read(dataId).catch(async (cause: unknown) => {
      await check();
      throw cause;
    });
    await check();
    return values;
  };

  const readSync = backend.readSync.bind(backend);
  backend.readSync = (dataId) => {
    const { values, resource } = backend.tensorMap.get(dataId);
    if (values == null && resource && !('OffscreenCanvas' in globalThis)) {
      throw new WebgpuError('dataSync', 'a browser', 'Node, which waits for no GPU', 'read with await tensor.data()');
    }
    return readSync(dataId);
  };

  const { maxBufferSize, maxStorageBufferBindingSize } = limitsOf(device);
  const { bufferManager } = backend;
  const acquire = bufferManager.acquireBuffer.bind(bufferManager);
  bufferManager.acquireBuffer = (size, ...rest) => {
    if (size > maxBufferSize) throw new WebgpuLimitError('webgpu', 'maxBufferSize', maxBufferSize, size);
    if (size > maxStorageBufferBindingSize) {
      throw new WebgpuLimitError('webgpu', 'maxStorageBufferBindingSize', maxStorageBufferBindingSize, size);
    }
    return acquire(size, ...rest);
  };
}
