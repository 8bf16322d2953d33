import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { attention } from './attention';
import { attend, attendGradient } from './attention.composite';
import { dropout, keep } from './dropout';
import { OpsError } from './errors';
import { host } from './reference/host';
import { expectClose, upload } from './testing/behaviour';
import { onEveryDevice } from './testing/devices';
import { CaseRandom } from './testing/random';

const mask = { rate: 0.25, seed: 7 };

describe('keep', () => {
  it('zeroes the given share, keeps the mean, and does not depend on where it starts', () => {
    const factors = keep(mask, 0, 100_000);
    const zeros = factors.filter((factor) => factor === 0).length;
    expect(Math.abs(zeros - 25_000)).toBeLessThan(5 * Math.sqrt(100_000 * 0.25 * 0.75));
    expect(new Set(factors)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    expect(keep(mask, 100, 50)).toEqual(factors.subarray(100, 150));
  });

  it('differs from seed to seed, and neighbours are independent', () => {
    const [a, b] = [1, 2].map((seed) => keep({ rate: 0.5, seed }, 0, 40_000));
    const agree = (x: Float32Array, y: Float32Array) => x.filter((value, i) => value === y[i]).length;
    for (const other of [b, keep({ rate: 0.5, seed: 1 }, 1, 40_000)]) {
      expect(Math.abs(agree(a, other) - 20_000)).toBeLessThan(5 * Math.sqrt(10_000));
    }
  });
});

onEveryDevice(() => {
  it('dropout multiplies by its mask, forwards and backwards', async () => {
    const x = upload(new CaseRandom(1).tensor([4, 5]));
    const factors = tf.tensor(keep(mask, 0, 20), [4, 5]);
    const wanted = host([4, 5], await tf.mul(x, factors).data());
    await expectClose(dropout(x, mask), wanted, 1e-6);
    const gradient = tf.grad((y) => tf.sum(dropout(y, mask)))(x);
    await expectClose(gradient, host([4, 5], await factors.data()), 1e-6);
  });

  it.each([1, 5, 12, 40, 1e6])('attention with dropout in blocks of %i scores is the plain formula', async (blocks) => {
    const random = new CaseRandom(3);
    const [q, k, v, dy] = [
      random.tensor([3, 5, 2]),
      random.tensor([3, 4, 2]),
      random.tensor([3, 4, 3]),
      random.tensor([3, 5, 3]),
    ].map(upload);
    const factors = tf.tensor(keep(mask, 0, 60), [3, 5, 4]);
    const plain = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) => {
      const scores = tf.mul(tf.matMul(a, b, false, true), Math.SQRT1_2);
      return tf.matMul(tf.mul(tf.softmax(scores), factors), c);
    };
    const options = { dropout: mask, scoresAtOnce: blocks };
    const got = [attend(q, k, v, options), ...attendGradient(dy, q, k, v, options)];
    const wanted = [plain(q, k, v), ...tf.grads((a, b, c) => tf.sum(tf.mul(plain(a, b, c), dy)))([q, k, v])];
    for (const [i, tensor] of wanted.entries())
      await expectClose(got[i], host(tensor.shape, await tensor.data()), 1e-5);
    const through = attention(q as tf.Tensor3D, k as tf.Tensor3D, v as tf.Tensor3D, { dropout: mask });
    await expectClose(through, host(wanted[0].shape, await wanted[0].data()), 1e-5);
  });

  it('refuses rates outside [0, 1), and leaves nothing behind', () => {
    const x = tf.ones([1, 2, 3]) as tf.Tensor3D;
    for (const rate of [-0.1, 1, NaN]) {
      expect(() => dropout(x, { rate, seed: 1 })).toThrow(OpsError);
      expect(() => attention(x, x, x, { dropout: { rate, seed: 1 } })).toThrow('expected a rate in [0, 1)');
    }
    const { numTensors } = tf.memory();
    dropout(x, mask).dispose();
    attention(x, x, x, { dropout: mask }).dispose();
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});
