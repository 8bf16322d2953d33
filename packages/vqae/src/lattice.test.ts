import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { VqaeConfig } from './config';
import { lattice } from './lattice';
import { VqAutoencoder } from './model';
import { NOTHING, discs, leaked, tinyConfig } from './testing';
import { VqaeTraining } from './training';

beforeAll(() => tf.setBackend('cpu'));

const config: VqaeConfig = {
  ...tinyConfig('patch', { spatialDims: 2, coding: 'separate' }),
  quantizer: { kind: 'fsq', levels: [4, 3] },
  codes: 12,
  codeDim: 2,
};

describe('lattice', () => {
  it('holds every combination of the levels once, the last channel fastest', () => {
    expect([...lattice([2, 3])].map((x) => Number(x.toFixed(3)))).toEqual(
      [
        [-0.5, -0.667],
        [-0.5, 0],
        [-0.5, 0.667],
        [0.5, -0.667],
        [0.5, 0],
        [0.5, 0.667],
      ].flat(),
    );
  });
});

describe('finite scalar quantisation', () => {
  it('rounds each channel to its nearest level', () => {
    const model = new VqAutoencoder(config);
    const latents = Array.from({ length: 40 }, (_, i) => [Math.sin(i + 0.1), Math.cos(1.7 * i)]);
    const tensor = tf.tensor2d(latents);
    const codes = model.quantize(tensor);
    // Level l of L has [-1 + 2 l / L, -1 + 2 (l + 1) / L] around it.
    const level = (x: number, n: number) => Math.min(n - 1, Math.floor(((x + 1) / 2) * n));
    expect([...codes.dataSync()]).toEqual(latents.map(([x, y]) => 3 * level(x, 4) + level(y, 3)));
    tf.dispose([tensor, codes]);
    model.dispose();
  });

  it('bounds latents, and leaves the codes where they are while it learns', async () => {
    const model = new VqAutoencoder(config);
    const training = new VqaeTraining(model, { learningRate: 1e-2, seed: 1 });
    const pair = discs([1, 8, 8], 1);
    const latents = model.encode(pair);
    expect(Math.max(...latents.dataSync().map(Math.abs))).toBeLessThan(1);
    latents.dispose();
    const losses: number[] = [];
    for (let step = 0; step < 25; step++) losses.push((await training.update(pair)).loss);
    expect(losses.at(-1)!).toBeLessThan(0.8 * losses[0]);
    expect([...model.codebook.dataSync()]).toEqual([...lattice([4, 3])]);
    const before = model.parameters.entries.get('encode.latent.weight')!;
    // The encoder learns through the rounding: its gradient is not zero.
    const { gradients } = training.gradients(pair);
    expect(tf.tidy(() => tf.max(tf.abs(gradients.get('encode.latent.weight')!)).dataSync()[0])).toBeGreaterThan(0);
    expect(before.shape).toEqual(gradients.get('encode.latent.weight')!.shape);
    expect(gradients.has('codebook.weight')).toBe(false);
    training.dispose();
    model.dispose();
    pair.dispose();
  });

  it('leaks nothing', async () => {
    const pair = discs([1, 8, 8], 1);
    const run = async () => {
      const model = new VqAutoencoder(config);
      const training = new VqaeTraining(model, { learningRate: 1e-2, seed: 1 });
      await training.update(pair);
      tf.dispose(model.tokenize(pair));
      training.dispose();
      model.dispose();
    };
    await run();
    expect(await leaked(run)).toEqual(NOTHING);
    pair.dispose();
  });
});
