import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { describeKernels } from './testing';

const x = (): tf.Tensor5D => tf.range(0, 2 * 3 * 2 * 2 * 3).reshape([2, 3, 2, 2, 3]);
const channels = () => tf.tensor1d([0.5, 9, 40]);

/** Each is wrong, or throws, with stock tfjs. */
const operations: Record<string, () => tf.Tensor> = {
  prelu: () => tf.prelu(tf.sub(x(), 30), channels()),
  greater: () => tf.greater(x(), channels()),
  maximum: () => tf.maximum(x(), channels()),
  pad: () => tf.pad(x(), [[0, 0], [1, 2], [0, 1], [0, 0], [2, 0]], 7), // prettier-ignore
  stridedSlice: () => tf.stridedSlice(x(), [0, 2, 0, 0, 0], [2, 0, 2, 2, 3], [1, -1, 1, 1, 2]),
  where: () => tf.where(tf.greater(x(), 20), x(), tf.zerosLike(x())),
  reverse: () => tf.reverse(x(), [1, 4]),
};

describeKernels('sums', () => {
  it('keep their digits over a volume', async () => {
    const x = tf.fill([3_000_001], 1 / 3);
    const [total] = await tf.sum(x).data();
    expect(Math.abs(total / (3_000_001 * Math.fround(1 / 3)) - 1)).toBeLessThan(1e-6);
  });

  it('of booleans and whole numbers cast to floats count them', async () => {
    const ones = tf.tidy(() => tf.greater(tf.range(0, 9).add(0), 4.5).toFloat());
    expect(Array.from(await tf.sum(ones).data())).toEqual([4]);
    expect(Array.from(await tf.sum(tf.tensor1d([3, 4], 'int32').toFloat()).data())).toEqual([7]);
  });

  it.each([[[0]], [[1, 2]], [[4]], [[0, 1, 2, 3, 4]], [[0, 2]]])(
    'over axes %j equal those of the cpu backend',
    async (axes) => {
      const operation = () => [tf.sum(x(), axes), tf.mean(x(), axes, true)];
      const actual = operation();
      const values = await Promise.all(actual.map((y) => y.data()));
      await tf.setBackend('cpu');
      for (const [i, y] of operation().entries()) {
        expect(actual[i].shape).toEqual(y.shape);
        tf.test_util.expectArraysClose(values[i], await y.data(), 1e-3);
      }
      await tf.setBackend('webgpu');
    },
  );
});

describeKernels('stock operations of rank 5', () => {
  it.each(Object.entries(operations))('%s equals that of the cpu backend', async (_, operation) => {
    const actual = tf.tidy(operation);
    const values = await actual.data();
    await tf.setBackend('cpu');
    const expected = tf.tidy(operation);
    expect(actual.shape).toEqual(expected.shape);
    expect(Array.from(values)).toEqual(Array.from(await expected.data()));
    await tf.setBackend('webgpu');
  });
});
