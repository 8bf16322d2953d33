import { defineConfig } from 'vitest/config';

/** Tests that run the built program (`dist/cli.js`) for minutes, one after the other. */
export default defineConfig({
  test: {
    include: ['src/slow/*.slow.test.ts'],
    testTimeout: 900_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
  },
});
