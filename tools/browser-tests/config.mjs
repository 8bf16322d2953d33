// How Vite bundles the tests of @paired3d/ops, from the sources: as they are, but on a small vitest of ours and another WebGPU.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../workspace.mjs';

export const HERE = import.meta.dirname;

const requireAs = (manifest) => createRequire(join(ROOT, manifest));
const vitest = createRequire(requireAs('package.json').resolve('vitest/package.json'));
const ops = requireAs('packages/ops/package.json');

/** Puts the module `file` in the place of packages/ops/src/testing/webgpu.ts. */
const withWebgpu = (file) => ({
  name: 'paired3d-webgpu',
  enforce: 'pre',
  resolveId: (source, importer = '') =>
    importer.startsWith(join(ROOT, 'packages/ops/src')) && /(^\.|\/testing)\/webgpu$/.test(source) ? file : null,
});

const expectations = [
  { find: /^vitest$/, replacement: join(HERE, 'vitest.mjs') },
  { find: '@vitest/expect', replacement: vitest.resolve('@vitest/expect') },
  { find: 'chai', replacement: createRequire(vitest.resolve('@vitest/expect')).resolve('chai') },
];

/** TensorFlow.js as browsers get it, for files that are in none of its dependents' folders. */
const forBrowsers = (name) => ({
  find: new RegExp(`^${name}$`),
  replacement: ops.resolve(`${name}/package.json`).replace(/package\.json$/, 'dist/index.js'),
});

const build = (outDir) => ({
  outDir,
  emptyOutDir: true,
  target: 'esnext',
  minify: false,
  chunkSizeWarningLimit: 1e5,
  // A package without side effects has tests with nothing else.
  rollupOptions: { treeshake: false },
});

/** The page with the tests. */
export const pageConfig = (outDir) => ({
  root: HERE,
  logLevel: 'warn',
  plugins: [withWebgpu(join(HERE, 'webgpu.mjs'))],
  define: { 'process.env': JSON.stringify({ PAIRED3D_RUNS: process.env.PAIRED3D_RUNS ?? '5' }) },
  resolve: {
    conditions: ['@paired3d/source', 'module', 'browser', 'import', 'default'],
    alias: [...expectations, forBrowsers('@tensorflow/tfjs'), forBrowsers('@tensorflow/tfjs-backend-webgpu')],
  },
  build: build(outDir),
});

const MODULES = { entryFileNames: '[name].mjs', chunkFileNames: 'assets/[name]-[hash].mjs' };

/** The tests as a program for Node: `entry`, on the WebGPU of `webgpu`; TensorFlow.js and Dawn are not in it. */
export const programConfig = (outDir, entry, webgpu) => {
  const { rollupOptions, ...options } = build(outDir);
  return {
    root: HERE,
    logLevel: 'warn',
    plugins: [withWebgpu(webgpu)],
    resolve: { alias: expectations },
    ssr: { noExternal: true, resolve: { conditions: ['@paired3d/source', 'node', 'import', 'default'] } },
    build: {
      ...options,
      ssr: entry,
      rollupOptions: { ...rollupOptions, external: [/^@tensorflow\//, 'webgpu'], output: MODULES },
    },
  };
};
