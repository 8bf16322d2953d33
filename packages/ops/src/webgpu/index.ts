export { createWebgpuBackend, type Dawn, type WebgpuDevice, type WebgpuOptions } from './device';
export { registerWebgpuKernels } from './register';
export { WebgpuError, WebgpuLimitError } from './errors';
export type { Precision } from './arithmetic';
export { matrixText, type SubgroupMatrix } from './subgroupMatrix';
