import { mergeConfig } from 'vitest/config';
import base from '../../vitest.base';

/** WebGPU in software compiles its shaders for seconds each. */
export default mergeConfig(base, { test: { testTimeout: 240_000 } });
