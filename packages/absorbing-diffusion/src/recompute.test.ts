import { Random, computeGradients } from '@paired3d/nn';
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { Denoiser } from './denoiser';
import { diffusionLoss } from './loss';
import { maskAtRandomTimes } from './masking';
import { NOTHING, leaked, randomItems, tinyPatch, tinyPlain } from './testing';

beforeAll(() => tf.setBackend('cpu'));

const GRID = [1, 2, 2, 2] as const;

it.each([
  ['plain', tinyPlain(4, GRID, { dropout: 0.3 })],
  ['patch', tinyPatch(4, GRID)],
] as const)('recompute changes no bit of loss and gradients, dropout included: %s', async (_, config) => {
  const results = [];
  for (const recompute of [false, true]) {
    const denoiser = new Denoiser({ ...config, recompute }, 1);
    denoiser.setCodeVectors(new Random(7).normals(4 * 3));
    const batch = maskAtRandomTimes(randomItems(2, 8, 4), denoiser.maskId, new Random(1));
    const gradients = (key: number) =>
      computeGradients(denoiser.parameters, () => diffusionLoss(denoiser, batch, 'elbo', new Random(key)));
    for (const key of [1, 2]) {
      const { loss, gradients: all } = gradients(key);
      results.push([
        await loss.data(),
        ...(await Promise.all([...all].map(async ([name, g]) => [name, await g.data()]))),
      ]);
    }
    const again = () => {
      const result = gradients(3);
      tf.dispose([result.loss, ...result.gradients.values()]);
    };
    expect(await leaked(again)).toEqual(NOTHING);
    denoiser.dispose();
  }
  expect(results.slice(2)).toEqual(results.slice(0, 2));
  if (config.kind === 'plain') expect(results[0]).not.toEqual(results[1]);
});
