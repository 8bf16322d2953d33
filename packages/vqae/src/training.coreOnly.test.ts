import { MissingGradientsError } from '@paired3d/nn';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { expect, it } from 'vitest';
import { VqAutoencoder } from './model';
import { NOTHING, discs, leaked, tinyConfig } from './testing';
import { VqaeTraining } from './training';

// This file must not import `@tensorflow/tfjs`: the core alone registers no gradients.
it('codes and decodes with the core of TensorFlow.js alone, and says what training needs', async () => {
  await tf.setBackend('cpu');
  const pair = discs([1, 8, 8]);
  const left = await leaked(async () => {
    const model = new VqAutoencoder(tinyConfig('patch', { spatialDims: 2 }));
    const tokens = model.tokenize(pair);
    const decoded = model.decodeTokens(tokens);
    expect(decoded.shape).toEqual(pair.shape);
    tf.dispose([tokens, decoded]);
    const training = new VqaeTraining(model, { learningRate: 1e-3, seed: 1 });
    await expect(training.update(pair)).rejects.toThrow(MissingGradientsError);
    await expect(training.update(pair)).rejects.toThrow("import '@tensorflow/tfjs'");
    training.dispose();
    model.dispose();
  });
  expect(left).toEqual(NOTHING);
});
