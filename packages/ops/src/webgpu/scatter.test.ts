import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { embedding } from '../embedding';
import { CaseRandom } from '../testing/random';
import { upload } from '../testing/behaviour';
import { describeKernels } from './testing';

/** The gradient of a table of two columns, of values at its rows. */
async function gradient(rows: number, ids: number[], dy: number[]): Promise<number[]> {
  const table = tf.zeros([rows, 2]) as tf.Tensor2D;
  const lookup = (t: tf.Tensor) => embedding(t as tf.Tensor2D, tf.tensor1d(ids, 'int32'));
  const result = tf.tidy(() => tf.grad(lookup)(table, tf.tensor2d(dy, [ids.length, 2])));
  return Array.from(await result.data());
}

describeKernels('scattered sums', () => {
  it('have the same bits in any order', async () => {
    const random = new CaseRandom(4);
    const ids = Array.from(random.indices([500], 3).data);
    const dy = Array.from(random.tensor([500, 2]).data);
    const backwards = ids.map((_, i) => dy.slice(2 * (ids.length - 1 - i), 2 * (ids.length - i))).flat();
    expect(await gradient(3, [...ids].reverse(), backwards)).toEqual(await gradient(3, ids, dy));
  });

  it.each([1e-30, 1, 1e30])('keep the digits of values around %d, beyond 32 bits of sums', async (scale) => {
    const ids = Array.from({ length: 300 }, () => 1);
    const dy = ids.flatMap((_, i) => [scale, i % 2 === 0 ? -scale : 0.5 * scale]);
    const [, , ones, mixed] = await gradient(2, ids, dy);
    expect(ones / scale).toBeCloseTo(300, 3);
    expect(mixed / scale).toBeCloseTo(-75, 4);
  });

  it('know the largest of each tensor, of however many', async () => {
    const table = tf.zeros([1, 2]) as tf.Tensor2D;
    const ids = tf.tensor1d([0], 'int32');
    const sumOf = (value: number) =>
      tf.tidy(() => tf.grad((t) => embedding(t as tf.Tensor2D, ids))(table, tf.tensor2d([[value, value]])));
    tf.dispose(Array.from({ length: 1100 }, () => sumOf(1e30)));
    const small = Array.from({ length: 1100 }, (_, i) => sumOf((i + 1) * 1e-10));
    for (const [i, sum] of small.entries()) expect((await sum.data())[0] / (i + 1)).toBeCloseTo(1e-10, 16);
  });

  it('are NaN where a value is, and zero for zeros', async () => {
    expect(await gradient(1, [0], [NaN, 1])).toEqual([NaN, NaN]);
    expect(await gradient(1, [0], [0, 0])).toEqual([0, 0]);
  });

  it('of several points in one voxel count them all', async () => {
    const [{ gridSample3d }, volume] = [
      await import('../gridSample3d'),
      upload(new CaseRandom(1).tensor([1, 2, 2, 2, 1])),
    ];
    const grid = tf.fill([1, 1, 1, 70, 3], -5) as tf.Tensor5D;
    const dx = tf.grad((x) => gridSample3d(x as tf.Tensor5D, grid, { padding: 'border' }))(volume);
    expect(Array.from(await dx.data())).toEqual([70, 0, 0, 0, 0, 0, 0, 0]);
  });
});
