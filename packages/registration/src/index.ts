export { RegistrationError } from './errors';
export { PAPER_CONFIG, registrationConfig, type RegistrationConfig, type Size3 } from './config';
export { RegistrationNetwork } from './network';
export type { AdaptOptions, Displacements, StepLoss, StepResult } from './types';
export { unet, type UNetConfig } from './unet';
export { composeFields as compose, exponentialField as exponential, warp3d as warp } from '@paired3d/ops';
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
export {
  optimisePair,
  type HostDisplacements,
  type OptimiseOptions,
  type OptimiseProgress,
  type Optimised,
} from './optimise/optimisePair';
export { OPTIMISE_PRESETS, type OptimisePreset, type OptimiseRecipe, type OptimiseStage } from './optimise/recipe';
export type { ImageVolume } from './optimise/images';
export { Transform, type ResampledVolume, type TransformVolume } from './transform/transform';
export type { Affine, Grid } from './transform/grid';
