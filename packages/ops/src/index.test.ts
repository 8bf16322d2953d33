import { expect, it } from 'vitest';
import * as ops from './index';

it('exports these names', () => {
  expect(Object.keys(ops).sort()).toEqual([
    'OpsError',
    'adamUpdate',
    'affineGrid',
    'alongAxis',
    'attention',
    'avgPool3d',
    'conv3d',
    'conv3dTranspose',
    'crossEntropy',
    'embedding',
    'gaussianBlur3d',
    'gelu',
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
    'weightedCrossEntropy',
  ]);
});
