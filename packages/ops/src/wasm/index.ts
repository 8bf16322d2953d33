export { registerWasmKernels } from './register';
export { WasmBackendError, WasmMemoryError } from './errors';
