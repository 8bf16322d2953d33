import { defineConfig } from 'vitest/config';

/** Tests run from the sources of every workspace package, so that no build is needed first. */
export default defineConfig({
  resolve: { conditions: ['@paired3d/source'] },
  ssr: { resolve: { conditions: ['@paired3d/source', 'node', 'import', 'default'] } },
  test: { testTimeout: 60_000, pool: 'forks', maxWorkers: 2 },
});
