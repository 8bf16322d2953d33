import { mergeConfig } from 'vitest/config';
import base from '../../vitest.base';

/** The kernels against the references in many more cases than a fast test has time for; WebGPU in software has not that time either. */
export default mergeConfig(base, {
  test: { env: { PAIRED3D_RUNS: '150' }, testNamePattern: 'wasm, our kernels', testTimeout: 900_000 },
});
