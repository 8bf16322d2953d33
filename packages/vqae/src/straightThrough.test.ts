import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { meanSquare, stopGradient, straightThrough } from './straightThrough';
import { NOTHING, leaked } from './testing';

beforeAll(() => tf.setBackend('cpu'));

describe('straight-through estimator', () => {
  const latents = tf.tensor1d([1, 2, 3]);
  const quantized = tf.tensor1d([10, 20, 30]);
  const weights = tf.tensor1d([5, 7, 9]);
  const loss = (z: tf.Tensor, zq: tf.Tensor) => tf.sum(tf.mul(weights, tf.square(straightThrough(z, zq)))) as tf.Scalar;

  it('has the value of the codes', async () => {
    expect(Array.from(await straightThrough(latents, quantized).data())).toEqual([10, 20, 30]);
  });

  it('hands the gradient at the codes to the latents, and none to the codes', async () => {
    const [toLatents, toCodes] = tf.grads(loss)([latents, quantized]);
    expect(Array.from(await toLatents.data())).toEqual([2 * 5 * 10, 2 * 7 * 20, 2 * 9 * 30]);
    expect(Array.from(await toCodes.data())).toEqual([0, 0, 0]);
  });

  it('stopGradient keeps the value and stops the gradient', async () => {
    const f = (x: tf.Tensor) => tf.sum(tf.mul(x, stopGradient(x))) as tf.Scalar;
    expect((await f(latents).data())[0]).toBe(14);
    expect(Array.from(await tf.grad(f)(latents).data())).toEqual([1, 2, 3]);
  });

  it('meanSquare is the mean over all elements', async () => {
    expect((await meanSquare(latents, quantized).data())[0]).toBeCloseTo((81 + 324 + 729) / 3, 3);
  });

  it('leaves nothing behind', async () => {
    const left = await leaked(() => tf.dispose(tf.grads(loss)([latents, quantized])));
    expect(left).toEqual(NOTHING);
  });
});
