export { checkpoint, golden, names, type Golden, type GoldenTensor } from './golden';
export { expectClose, expectGradients } from './close';
