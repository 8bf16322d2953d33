export { readNifti, type ReadOptions } from './read';
export { writeNifti, type WriteOptions } from './write';
export { NiftiError, type NiftiErrorDetails } from './errors';
export { INTENT_VECTOR, type TypedArray, type Volume, type WritableVolume } from './volume';
