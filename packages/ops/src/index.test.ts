import { expect, it } from 'vitest';
import * as ops from './index';

it('exports these names', () => {
  expect(Object.keys(ops).sort()).toEqual([
    'OpsError',
    'adamUpdate',
    'addBias',
    'affineGrid',
    'alongAxis',
    'attention',
    'avgPool3d',
    'composeFields',
    'conv3d',
    'conv3dTranspose',
    'copyFromHost',
    'copyToHost',
    'crossEntropy',
    'dropout',
    'embedding',
    'exponentialField',
    'gaussianBlur3d',
    'gelu',
    'globalCorrelation',
    'gridSample3d',
    'hasKernel',
    'identityGrid',
    'instanceNorm',
    'instanceNormPrelu',
    'layerNorm',
    'matMul',
    'nearestCode',
    'prelu',
    'resize3d',
    'smoothness',
    'warp3d',
    'weightedCrossEntropy',
  ]);
});
