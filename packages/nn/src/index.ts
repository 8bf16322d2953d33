export { NnError, MissingGradientsError, SafetensorsError, StateDictError } from './errors';
export { Random } from './random';
export { Parameters } from './parameters';
export { normal, pytorchDefault, uniform, type Initialiser } from './initialise';
export {
  conv3dLayer,
  conv3dTransposeLayer,
  embeddingLayer,
  instanceNormPreluLayer,
  layerNormLayer,
  linearLayer,
  sequential,
  type ConvOptions,
  type Layer,
} from './layers';
export { computeGradients } from './gradients';
export { disposeSample, stepOverSamples, type SampleGradients } from './sampleGradients';
export { recompute } from './recompute';
export { Adam, type AdamOptions } from './adam';
export { Muon, optimiserOf, type MuonOptions, type OptimiserName } from './muon';
export { orthogonalise, orthogonaliseHere, type OrthogonaliseAll } from './orthogonalise';
export type { Optimiser } from './optimiser';
export { cosine, cosineWarmRestarts, warmup } from './schedules';
export type { DType, HostTensor } from './hostTensor';
export { narrowed, widened } from './halfPrecision';
export { decodePytorch } from './pytorch/checkpoint';
export { PytorchError } from './pytorch/errors';
export { decodeSafetensors, encodeSafetensors } from './safetensors';
export { loadStateDict, stateDict, type StateDictOptions } from './stateDict';
