import { expect, it } from 'vitest';
import * as api from './index';

it('exports these names', () => {
  expect(Object.keys(api).sort()).toEqual([
    'Adam',
    'MissingGradientsError',
    'NnError',
    'Parameters',
    'PytorchError',
    'Random',
    'SafetensorsError',
    'StateDictError',
    'computeGradients',
    'conv3dLayer',
    'conv3dTransposeLayer',
    'cosine',
    'cosineWarmRestarts',
    'decodePytorch',
    'decodeSafetensors',
    'disposeSample',
    'embeddingLayer',
    'encodeSafetensors',
    'instanceNormPreluLayer',
    'layerNormLayer',
    'linearLayer',
    'loadStateDict',
    'narrowed',
    'normal',
    'pytorchDefault',
    'recompute',
    'sequential',
    'stateDict',
    'stepOverSamples',
    'uniform',
    'warmup',
    'widened',
  ]);
});
