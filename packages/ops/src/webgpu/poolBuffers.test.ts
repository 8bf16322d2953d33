import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import type { WebgpuBackend } from './backend';
import { describeKernels } from './testing';

describeKernels('tensors in pooled buffers', () => {
  it.each(['float32', 'int32', 'bool'] as const)('come back as they went, %s', async (dtype) => {
    for (const count of [1, 3, 37, 1001, 70_001]) {
      const values = Array.from({ length: count }, (_, i) => (dtype === 'bool' ? i % 2 : i));
      const x = tf.tensor1d(values, dtype);
      const y = x.reverse();
      expect(Array.from(await y.data())).toEqual([...values].reverse());
      expect(Array.from(await x.data())).toEqual(values);
      tf.dispose([x, y]);
    }
  });

  it('keep their values when a freed buffer takes the next one between two submissions', async () => {
    const sums: tf.Tensor[] = [];
    for (let i = 0; i < 100; i++) {
      sums.push(tf.tidy(() => tf.add(tf.tensor1d([i, i, i, i]), tf.tensor1d([1, 2, 3, 4]))));
    }
    for (const [i, sum] of sums.entries()) expect(Array.from(await sum.data())).toEqual([i + 1, i + 2, i + 3, i + 4]);
    tf.dispose(sums);
  });

  it('are uploaded without buffers for it and without ending the pass', () => {
    const { device, computePassEncoder: before } = tf.backend() as WebgpuBackend;
    expect(before).toBeNull();
    const pairs = [1, 2, 3].map((value) => [tf.fill([2000], value), tf.fill([2000], value)]);
    tf.tidy(() => tf.add(pairs[0][0], pairs[0][1]));
    const { computePassEncoder } = tf.backend() as WebgpuBackend;
    expect(computePassEncoder).not.toBeNull();
    const create = device.createBuffer.bind(device);
    const made: number[] = [];
    device.createBuffer = (descriptor) => {
      made.push(descriptor.usage);
      return create(descriptor);
    };
    tf.tidy(() => tf.add(tf.tensor1d(new Float32Array(2000)), tf.tensor1d(new Float32Array(2000))));
    device.createBuffer = create;
    expect(made.filter((usage) => usage & 0x2)).toEqual([]); // GPUBufferUsage.MAP_WRITE
    expect((tf.backend() as WebgpuBackend).computePassEncoder).toBe(computePassEncoder);
    tf.dispose(pairs);
  });
});
