import { mergeConfig } from 'vitest/config';
import base from '../../vitest.base';

/** Measurements that take minutes. */
export default mergeConfig(base, { test: { include: ['src/**/*.slow.test.ts'], testTimeout: 900_000 } });
