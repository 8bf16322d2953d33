import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { concatChannels } from './concatChannels';
import { globalCorrelationLoss, meanAbsoluteDifference } from './similarity';
import { ball, leaked, slope, useWasm } from './testing';

const SIZE = [5, 6, 7] as const;

beforeAll(useWasm);

const pair = () => [ball(SIZE, [2, 2, 3], 1.5), ball(SIZE, [3, 3, 3], 2)] as const;

describe.each([
  ['l1', meanAbsoluteDifference],
  ['ncc', globalCorrelationLoss],
] as const)('%s', (_, similarity) => {
  it('has the gradient of finite differences', () => {
    const [a, b] = pair();
    const direction = ball(SIZE, [2, 3, 4], 1);
    const gradient = tf.grad((x) => similarity(x as tf.Tensor5D, b))(a);
    const along = tf.sum(tf.mul(gradient, direction)).dataSync()[0];
    const expected = slope((s) => similarity(tf.add(a, tf.mul(direction, s)), b).dataSync()[0], 1e-3);
    expect(Math.abs(along - expected)).toBeLessThan(0.02 * Math.abs(expected));
  });

  it('leaves one tensor, and one with its gradient', async () => {
    const [a, b] = pair();
    expect(await leaked(() => tf.tidy(() => similarity(a, b)))).toBe(1);
    expect(await leaked(() => tf.grad((x) => similarity(x as tf.Tensor5D, b))(a))).toBe(1);
  });
});

describe('meanAbsoluteDifference', () => {
  it('has no gradient where the images agree', () => {
    const a = tf.tensor5d([0, 1, 3, 5], [1, 1, 1, 4, 1]);
    const b = tf.tensor5d([0, 2, 1, 5], [1, 1, 1, 4, 1]);
    expect(meanAbsoluteDifference(a, b).dataSync()[0]).toBeCloseTo(0.75);
    const gradient = tf.grad((x) => meanAbsoluteDifference(x as tf.Tensor5D, b))(a);
    expect([...gradient.dataSync()]).toEqual([0, -0.25, 0.25, 0]);
  });
});

describe('globalCorrelationLoss', () => {
  it('is 0 for images equal up to brightness and contrast, 2 for the negative, 1 for an empty image', () => {
    const [a] = pair();
    const value = (x: tf.Tensor) => globalCorrelationLoss(x as tf.Tensor5D, a).dataSync()[0];
    expect(value(tf.add(tf.mul(a, 3), 1))).toBeCloseTo(0, 4);
    expect(value(tf.neg(a))).toBeCloseTo(2, 4);
    expect(value(tf.zerosLike(a))).toBeCloseTo(1, 4);
  });

  it('keeps its digits over a large image, where single-precision sums lose theirs', () => {
    const [a, b] = [20, 22].map((centre) => ball([48, 40, 48], [centre, 20, 24], 8));
    const [x, y] = [a, b].map((image) => Float64Array.from(image.dataSync()));
    const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const [meanX, meanY] = [mean(x), mean(y)];
    const moment = (p: Float64Array, meanP: number, q: Float64Array, meanQ: number) =>
      mean(p.map((value, i) => (value - meanP) * (q[i] - meanQ)));
    const variances = (moment(x, meanX, x, meanX) + 1e-7) * (moment(y, meanY, y, meanY) + 1e-7);
    const expected = 1 - moment(x, meanX, y, meanY) / Math.sqrt(variances);
    expect(Math.abs(globalCorrelationLoss(a, b).dataSync()[0] - expected)).toBeLessThan(2e-6);
  });

  it('is per sample, then averaged', () => {
    const [a, b] = pair();
    const each = [globalCorrelationLoss(a, b), globalCorrelationLoss(b, b)].map((x) => x.dataSync()[0]);
    const together = globalCorrelationLoss(tf.concat([a, b]), tf.concat([b, b])).dataSync()[0];
    expect(together).toBeCloseTo((each[0] + each[1]) / 2, 5);
  });
});

describe('concatChannels', () => {
  it('is tf.concat, with its gradient', () => {
    const a = tf.randomNormal<tf.Rank.R5>([2, 2, 3, 2, 3]);
    const b = tf.randomNormal<tf.Rank.R5>([2, 2, 3, 2, 1]);
    const weights = tf.randomNormal([2, 2, 3, 2, 4]);
    expect([...concatChannels(a, b).dataSync()]).toEqual([...tf.concat([a, b], 4).dataSync()]);
    const [da, db] = tf.grads((x, y) => tf.sum(tf.mul(weights, concatChannels(x as tf.Tensor5D, y as tf.Tensor5D))))([
      a,
      b,
    ]);
    expect([...tf.concat([da, db], 4).dataSync()]).toEqual([...weights.dataSync()]);
  });
});
