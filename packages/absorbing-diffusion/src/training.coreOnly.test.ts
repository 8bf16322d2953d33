import { MissingGradientsError } from '@paired3d/nn';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { expect, it } from 'vitest';
import { sample } from './sample';
import { NOTHING, leaked, randomItems, tinyDenoiser } from './testing';
import { DiffusionTraining } from './training';

// This file must not import `@tensorflow/tfjs`: the core alone registers no gradients.
it.each(['plain', 'patch'] as const)(
  'samples from a %s denoiser with the core of TensorFlow.js alone, and says what training needs',
  async (kind) => {
    await tf.setBackend('cpu');
    const left = await leaked(async () => {
      const denoiser = tinyDenoiser(kind, 4, [1, 2, 2, 2]);
      expect(await sample(denoiser, 1, { steps: 2, temperature: 1, seed: 1 })).toHaveLength(1);
      const training = new DiffusionTraining(denoiser, { learningRate: 1e-3, seed: 1, weighting: 'elbo' });
      await expect(training.update(randomItems(2, 8, 4))).rejects.toThrow(MissingGradientsError);
      await expect(training.update(randomItems(2, 8, 4))).rejects.toThrow("import '@tensorflow/tfjs'");
      training.dispose();
      denoiser.dispose();
    });
    expect(left).toEqual(NOTHING);
  },
);
