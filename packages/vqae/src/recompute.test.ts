import { computeGradients } from '@paired3d/nn';
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { VqAutoencoder } from './model';
import { NOTHING, discs, leaked, tinyConfig, variants } from './testing';
import { VqaeTraining } from './training';

beforeAll(() => tf.setBackend('cpu'));

it.each(variants)('recompute changes no bit of loss and gradients: $spatialDims D, $kind, $coding', async (variant) => {
  const { spatialDims, kind, coding } = variant;
  const batch = discs(spatialDims === 2 ? [1, 8, 8] : [4, 8, 8]);
  const results = [];
  for (const recompute of [false, true]) {
    const model = new VqAutoencoder(tinyConfig(kind, { spatialDims, coding, recompute }));
    const training = new VqaeTraining(model, { learningRate: 1e-3, seed: 1 });
    const gradients = () => computeGradients(model.parameters, () => training.loss(batch).total);
    const { loss, gradients: all } = gradients();
    results.push([
      await loss.data(),
      ...(await Promise.all([...all].map(async ([name, g]) => [name, await g.data()]))),
    ]);
    const again = () => {
      const result = gradients();
      tf.dispose([result.loss, ...result.gradients.values()]);
    };
    expect(await leaked(again)).toEqual(NOTHING);
    training.dispose();
    model.dispose();
  }
  expect(results[1]).toEqual(results[0]);
});
