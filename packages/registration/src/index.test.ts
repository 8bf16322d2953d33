import { expect, it } from 'vitest';
import * as api from './index';

it('exports these names', () => {
  expect(Object.keys(api).sort()).toEqual([
    'PAPER_CONFIG',
    'RegistrationError',
    'RegistrationNetwork',
    'Regulariser',
    'compose',
    'dice',
    'exponential',
    'foldedPercentage',
    'globalCorrelationLoss',
    'inverseConsistencyError',
    'jacobianDeterminant',
    'meanAbsoluteDifference',
    'readDisplacement',
    'registrationConfig',
    'targetRegistrationError',
    'unet',
    'warp',
    'worldDisplacementField',
  ]);
});
