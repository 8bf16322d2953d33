import { expect, it } from 'vitest';
import * as api from './index';

it('exports these names', () => {
  expect(Object.keys(api).sort()).toEqual([
    'OPTIMISE_PRESETS',
    'PAPER_CONFIG',
    'RegistrationError',
    'RegistrationNetwork',
    'Regulariser',
    'Transform',
    'compose',
    'dice',
    'exponential',
    'foldedPercentage',
    'globalCorrelationLoss',
    'inverseConsistencyError',
    'jacobianDeterminant',
    'meanAbsoluteDifference',
    'optimisePair',
    'readDisplacement',
    'registrationConfig',
    'targetRegistrationError',
    'unet',
    'warp',
    'worldDisplacementField',
  ]);
});
