export { RegistrationError } from './errors';
export { PAPER_CONFIG, registrationConfig, type RegistrationConfig, type Size3 } from './config';
export { RegistrationNetwork, type AdaptOptions, type Displacements, type StepLoss, type StepResult } from './network';
export { unet, type UNetConfig } from './unet';
export { compose, exponential, warp } from './fields';
export { globalCorrelationLoss, meanAbsoluteDifference, type Similarity } from './similarity';
export { Regulariser } from './regulariser';
export {
  dice,
  foldedPercentage,
  inverseConsistencyError,
  jacobianDeterminant,
  readDisplacement,
  targetRegistrationError,
  type HostDisplacement,
} from './metrics';
export { worldDisplacementField, type WorldDisplacementField } from './displacementField';
