export {
  VqaeError,
  cellSize,
  paperVqae,
  type EmaQuantizerConfig,
  type FsqQuantizerConfig,
  type GradientQuantizerConfig,
  type MonaiNetworkConfig,
  type PatchNetworkConfig,
  type VqaeConfig,
} from './config';
export { VqAutoencoder, type Size3 } from './model';
export { inSlabs, type SlabOptions, type SlabwiseAutoencoder } from './slabs/inSlabs';
export { VqaeTraining, type VqaeStepMetrics } from './training';
