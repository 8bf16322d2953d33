import type { WebgpuBackend } from '../webgpu/backend';

/** GPUBufferUsage.STORAGE */
const STORAGE = 0x80;

/**
 * Fills the buffers of new tensors with NaN (-1 as an integer), so that what a kernel leaves unwritten shows. WebGPU
 * itself starts with zeros, and tfjs with what was in the buffer before.
 */
export function poisonBuffers(backend: object): void {
  const { bufferManager, device } = backend as WebgpuBackend;
  const acquire = bufferManager.acquireBuffer.bind(bufferManager);
  bufferManager.acquireBuffer = (size, usage, mapped, reuse) => {
    const buffer = acquire(size, usage, mapped, reuse);
    if (usage & STORAGE && !mapped) device.queue.writeBuffer(buffer, 0, new Uint8Array(buffer.size).fill(0xff).buffer);
    return buffer;
  };
}
