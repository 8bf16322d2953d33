import { registerWasmKernels } from '@paired3d/ops/wasm';
import { Random, cosine } from '@paired3d/nn';
import '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { Denoiser } from './denoiser';
import { sample } from './sample';
import { tinyPatch, tinyPlain } from './testing';
import { DiffusionTraining, bitsPerToken } from './training';

beforeAll(async () => {
  await tf.setBackend('wasm');
  await registerWasmKernels();
});

const GRID = [1, 2, 2, 2] as const;
const sizes = { width: 16, feedForward: 32 };

/**
 * Grids of one code each: a token is known as soon as another is, though every code is equally frequent. Alone, a token
 * has 2 bits; of the any-order bound 2/8 bits remain, those of grids that are masked as a whole.
 */
const patterns = [0, 1, 2, 3].map((code) => new Int32Array(8).fill(code));

const plain = { ...tinyPlain(4, GRID), ...sizes };
const patch = { ...tinyPatch(4, GRID), ...sizes, tokenWidth: 8 };

it.each([
  { kind: 'plain', optimiser: 'adam', config: plain },
  { kind: 'patch', optimiser: 'adam', config: patch },
  { kind: 'patch', optimiser: 'muon', config: patch },
] as const)('a $kind denoiser learns by $optimiser what tokens say about each other', async ({ optimiser, config }) => {
  const denoiser = new Denoiser(config, 1);
  denoiser.setCodeVectors(new Random(7).normals(12));
  expect((await bitsPerToken(denoiser, patterns)).mean).toBeGreaterThan(1.8);
  const training = new DiffusionTraining(denoiser, { optimiser, learningRate: 5e-3, seed: 1, weighting: 'elbo' });
  for (let step = 0; step < 200; step++) await training.update(patterns, 5e-3 * cosine(step, 200));
  expect((await bitsPerToken(denoiser, patterns, { repeats: 8 })).mean).toBeLessThan(1);
  const items = await sample(denoiser, 24, { steps: 32, temperature: 0.8, seed: 1 });
  const whole = items.filter((item) => new Set(item).size === 1);
  // By chance, one in 16384 would be.
  expect(whole.length).toBeGreaterThan(8);
  expect(new Set(whole.map(([code]) => code)).size).toBeGreaterThan(1);
  training.dispose();
  denoiser.dispose();
});
