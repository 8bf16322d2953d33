import { mergeConfig } from 'vitest/config';
import base from '../../vitest.base';

/** Instance optimisation of 520 random pairs, of 13 kinds. */
export default mergeConfig(base, {
  test: { env: { PAIRED3D_RUNS: '40' }, include: ['src/optimise/randomPairs.test.ts'], testTimeout: 900_000 },
});
