import { mergeConfig } from 'vitest/config';
import base from '../../vitest.base';

/** The kernels against the references in many more cases than a fast test has time for. */
export default mergeConfig(base, {
  test: { env: { PAIRED3D_RUNS: '150' }, testNamePattern: 'our kernels', testTimeout: 900_000 },
});
