import { expect, it } from 'vitest';
import * as api from './index';

it('exports these names', () => {
  expect(Object.keys(api).sort()).toEqual([
    'Denoiser',
    'DiffusionError',
    'DiffusionTraining',
    'bitsPerToken',
    'diffusionLoss',
    'maskAnyOrder',
    'maskAtRandomTimes',
    'maskedCrossEntropy',
    'paperDenoiser',
    'sample',
    'sampleOrders',
    'sampleSchedules',
    'tokenCount',
    'unigramBits',
  ]);
});
