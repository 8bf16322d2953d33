import { beforeAll, describe } from 'vitest';
import { hasWebgpu, startWebgpu } from '../testing/webgpu';
import { registerWebgpuKernels } from './register';

/** Declares tests with our kernels on WebGPU, where there is an adapter. */
export function describeKernels(name: string, declare: () => void): void {
  describe.skipIf(!hasWebgpu)(name, () => {
    beforeAll(async () => {
      await startWebgpu();
      registerWebgpuKernels();
    });
    declare();
  });
}
