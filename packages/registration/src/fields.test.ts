import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { compose, exponential, warp } from './index';
import { inverseConsistencyError, readDisplacement } from './metrics';
import { ball, leaked, slope, smoothField, useWasm } from './testing';

const SIZE = [8, 10, 12] as const;

beforeAll(useWasm);

const constant = (x: number, y: number, z: number) =>
  tf.tile(tf.tensor5d([x, y, z], [1, 1, 1, 1, 3]), [1, ...SIZE, 1]) as tf.Tensor5D;

const largestDifference = (a: tf.Tensor, b: tf.Tensor) => tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]);

describe('exponential', () => {
  it('of a constant velocity is the translation', () => {
    const velocity = constant(0.3, -0.2, 0.1);
    expect(largestDifference(exponential(velocity, 12), velocity)).toBeLessThan(1e-6);
  });

  it('of the negative is the inverse', async () => {
    const velocity = smoothField([12, 12, 12], 0.05, 3);
    const forward = await readDisplacement(exponential(velocity, 12));
    const backward = await readDisplacement(exponential(tf.neg(velocity), 12));
    const zero = { data: new Float32Array(forward.data.length), size: forward.size };
    const halfExtent = [100, 100, 100] as const;
    // The field moves points by millimetres, and going there and back misses by a small part of that.
    const moved = inverseConsistencyError(forward, zero, halfExtent);
    expect(moved).toBeGreaterThan(2);
    expect(inverseConsistencyError(forward, backward, halfExtent)).toBeLessThan(0.02 * moved);
  });

  it('of half the velocity, taken twice, is the whole', () => {
    const velocity = smoothField(SIZE, 0.05, 4);
    const half = exponential(tf.mul(velocity, 0.5), 11);
    expect(largestDifference(compose(half, half), exponential(velocity, 12))).toBeLessThan(1e-5);
  });

  it('has the gradient of finite differences', () => {
    const velocity = smoothField([6, 5, 7], 0.1, 5);
    const weights = smoothField([6, 5, 7], 1, 6);
    const direction = smoothField([6, 5, 7], 1, 7);
    const loss = (v: tf.Tensor5D) => tf.sum(tf.mul(weights, exponential(v, 6))) as tf.Scalar;
    const along = tf.sum(tf.mul(tf.grad((v) => loss(v as tf.Tensor5D))(velocity), direction)).dataSync()[0];
    const expected = slope((s) => loss(tf.add(velocity, tf.mul(direction, s))).dataSync()[0], 1e-3);
    expect(Math.abs(along - expected)).toBeLessThan(0.02 * Math.abs(expected));
  });
});

describe('compose and warp', () => {
  it('follow the first displacement, then the second', () => {
    const second = smoothField(SIZE, 0.1, 8);
    const first = constant(2 / 12, 0, 0); // one voxel along the last axis
    const rolled = tf.slice(second, [0, 0, 0, 1, 0], [1, 8, 10, 11, 3]);
    const composed = tf.slice(tf.sub(compose(first, second), first), [0, 0, 0, 0, 0], [1, 8, 10, 11, 3]);
    expect(largestDifference(composed, rolled)).toBeLessThan(1e-6);
  });

  it('pull the image: a displacement of +1 voxel shows the next voxel', () => {
    const image = ball(SIZE, [4, 5, 6], 3);
    const warped = warp(image, constant(0, 0, 2 / 8)); // z belongs to the first spatial axis
    const expected = tf.concat([tf.slice(image, [0, 1, 0, 0, 0], [1, 7, 10, 12, 1]), tf.zeros([1, 1, 10, 12, 1])], 1);
    expect(largestDifference(warped, expected)).toBeLessThan(1e-5);
  });

  it('leave one tensor each', async () => {
    const field = smoothField(SIZE, 0.1, 10);
    const image = ball(SIZE, [4, 5, 6], 3);
    expect(await leaked(() => exponential(field, 3))).toBe(1);
    expect(await leaked(() => compose(field, field))).toBe(1);
    expect(await leaked(() => warp(image, field))).toBe(1);
  });
});
