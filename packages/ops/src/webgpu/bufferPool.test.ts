import * as tf from '@tensorflow/tfjs';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import fc from 'fast-check';
import { create, globals } from 'webgpu';
import { describe, expect, it } from 'vitest';
import { matMul } from '../matMul';
import type { WebgpuBackend } from './backend';
import { boundOf, BufferPool, sizeClass } from './bufferPool';
import type { GpuBuffer, GpuDevice } from './gpu';
import { createWebgpuBackend, registerWebgpuKernels } from './index';

const USAGE = 0x80;
const MEBI = 2 ** 20;

/** A device that only counts its buffers. */
function countingDevice() {
  const alive = new Set<GpuBuffer>();
  const createBuffer = ({ size, usage }: { size: number; usage: number }) => {
    const buffer = { size, usage, destroy: () => alive.delete(buffer) } as unknown as GpuBuffer;
    alive.add(buffer);
    return buffer;
  };
  return { device: { createBuffer } as unknown as GpuDevice, alive };
}

describe('the pool of buffers', () => {
  it('rounds sizes up by an eighth at most, but not beyond the largest', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (size) => {
        const bytes = sizeClass(size, 2 ** 31);
        expect(bytes).toBeGreaterThanOrEqual(size);
        expect(bytes).toBeLessThanOrEqual(Math.max(size + 15, size * 1.125));
        expect(bytes % 16).toBe(0);
        expect(sizeClass(bytes, 2 ** 31)).toBe(bytes);
        expect(sizeClass(size, size)).toBe(size);
      }),
    );
  });

  it('gives a freed buffer to a tensor of nearly its size, of the same usage only', () => {
    const { device, alive } = countingDevice();
    const pool = new BufferPool(device, 2 ** 31);
    const first = pool.acquireBuffer(1000, USAGE);
    pool.releaseBuffer(first);
    expect(pool.acquireBuffer(1000, USAGE + 1)).not.toBe(first);
    expect(pool.acquireBuffer(1020, USAGE, true, false)).not.toBe(first);
    expect(pool.acquireBuffer(1020, USAGE)).toBe(first);
    expect(pool.acquireBuffer(1020, USAGE)).not.toBe(first);
    expect(pool.numBytesUsed).toBe(4 * 1024);
    pool.dispose();
    expect(alive.size).toBe(0);
    expect(pool.numBytesAllocated).toBe(0);
  });

  it('gives a larger one, up to twice the size, before it makes one', () => {
    const { device, alive } = countingDevice();
    const pool = new BufferPool(device, 2 ** 31);
    const [small, large] = [3 * MEBI, 4 * MEBI].map((size) => pool.acquireBuffer(size, USAGE));
    for (const buffer of [small, large]) pool.releaseBuffer(buffer);
    expect(pool.acquireBuffer(2.5 * MEBI, USAGE)).toBe(small);
    expect(pool.acquireBuffer(1.8 * MEBI, USAGE)).not.toBe(large);
    expect(pool.acquireBuffer(2 * MEBI, USAGE)).toBe(large);
    expect(alive.size).toBe(3);
  });

  it('destroys what lay free for the longest time', () => {
    const { device, alive } = countingDevice();
    const pool = new BufferPool(device, 2 ** 31);
    const sizes = [32, 36, 40, 44].map((size) => size * MEBI);
    const buffers = sizes.map((size) => {
      const buffer = pool.acquireBuffer(size, USAGE);
      pool.releaseBuffer(buffer);
      return buffer;
    });
    // 152 MiB are more than 1.5 times 44 and 64.
    expect(buffers.map((buffer) => alive.has(buffer))).toEqual([false, true, true, true]);
    expect(pool.numBytesAllocated).toBe(120 * MEBI);
    pool.releaseBuffer(pool.acquireBuffer(sizes[1], USAGE));
    pool.acquireBuffer(48 * MEBI, USAGE);
    expect(buffers.map((buffer) => alive.has(buffer))).toEqual([false, true, false, true]);
  });

  it('bounds the memory of steps whose sizes change', async () => {
    // Dawn's backend without a driver computes nothing, and has 512 MB.
    const dawn = { globals, create: (options: string[]) => create([...options, 'backend=null']) };
    await createWebgpuBackend(WebGPUBackend, { dawn });
    registerWebgpuKernels();
    const { bufferManager } = tf.backend() as WebgpuBackend;
    const acquire = bufferManager.acquireBuffer.bind(bufferManager);
    let most = 0;
    let allocated = 0;
    bufferManager.acquireBuffer = (...request) => {
      const buffer = acquire(...request);
      most = Math.max(most, bufferManager.numBytesUsed);
      allocated = Math.max(allocated, bufferManager.numBytesAllocated);
      return buffer;
    };
    const weights = tf.ones([64, 1024]) as tf.Tensor2D;
    const gradient = tf.grads((x, w) => matMul(x as tf.Tensor2D, w as tf.Tensor2D).square());
    for (let step = 0; step < 200; step++) {
      const rows = 200 + ((step * 617) % 1000);
      const gradients = tf.tidy(() => gradient([tf.ones([rows, 64]), weights]));
      await gradients[1].data();
      tf.dispose(gradients);
    }
    expect(most).toBeGreaterThan(4 * MEBI);
    expect(allocated).toBeLessThanOrEqual(boundOf(most));
  });
});
