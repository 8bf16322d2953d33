// Kernels over the heap of tfjs-backend-wasm. Everything is passed by address; nothing is allocated here and there is
// no static data, because the memory belongs to tfjs. Tensors are float32 unless said otherwise, channels last.
export { sumRuns, sumThinRuns } from './runs';
export { copyBlocks, zero } from './copy';
export { packPanels, packPanelsTransposed, transpose } from './panels';
export { padVolume, padChannels, unpadMatrices } from './pad';
export { filterGradient, thinFilterGradient } from './filterGradient';
export { winograd } from './winograd';
export { transformFilterGradientAxis, winogradFilterGradient } from './winogradGradient';
export { transformFilterAxis } from './winogradTransforms';
export { gridSample, gridSampleGradient } from './gridSample';
export { attention, attentionGradient } from './attention';
export { addBias } from './bias';
export { sumOverColumns, sumOverRows } from './sums';
export { prelu, preluGradient } from './prelu';
export { nearestCode } from './nearestCode';
export { alongAxis } from './alongAxis';
export { composeFields, composeFieldsGradient, narrowVectors, widenVectors } from './composeFields';
export { warp, warpGradient } from './warp';
export { correlation, correlationGradient } from './correlation';
export { squaredStencil } from './stencil';
export { instanceNormPrelu, instanceNormPreluGradient } from './instanceNorm';
export { adam } from './adam';
export { softmax, softmaxGradient } from './softmax';
export { crossEntropy, crossEntropyGradient, weightedCrossEntropy, weightedCrossEntropyGradient } from './crossEntropy';
export { embedding, embeddingGradient } from './embedding';
export { gelu, geluGradient } from './gelu';
export { layerNorm, layerNormGradient } from './layerNorm';
