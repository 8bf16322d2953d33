import { configDefaults, mergeConfig } from 'vitest/config';
import base from '../../vitest.base';

export default mergeConfig(base, { test: { exclude: [...configDefaults.exclude, 'e2e/**'] } });
