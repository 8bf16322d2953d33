export {
  DiffusionError,
  paperDenoiser,
  tokenCount,
  type CodeRange,
  type DenoiserConfig,
  type PatchDenoiserConfig,
  type PlainDenoiserConfig,
} from './config';
export { Denoiser } from './denoiser';
export { maskAnyOrder, maskAtRandomTimes, type MaskedBatch } from './masking';
export { diffusionLoss, maskedCrossEntropy, type Weighting } from './loss';
export { DiffusionTraining, bitsPerToken, type DiffusionStepMetrics, type DiffusionTrainingOptions } from './training';
export { unigramBits } from './unigram';
export type { GibbsOptions } from './gibbs';
export { sample, sampleOrders, type SampleOptions, type SampleOrder } from './sample';
export { sampleSchedules, type SampleSchedule } from './schedule';
