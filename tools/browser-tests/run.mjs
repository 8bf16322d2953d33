// `node tools/browser-tests/run.mjs`: the property tests of @paired3d/ops on WebGPU in headless Chromium, from the sources.
// Needs Chromium, at /usr/bin/chromium or $CHROMIUM; without one it is skipped, except in CI, where that is an error.
// On a machine without a card Chromium computes with SwiftShader.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { build, preview } from 'vite';
import { ROOT, withTemporaryFolder } from '../workspace.mjs';

const HERE = import.meta.dirname;
const MINUTES = 10;

/** Puts the page's WebGPU in the place of Node's. */
const ownWebgpu = {
  name: 'own-webgpu',
  enforce: 'pre',
  resolveId: (source, importer = '') =>
    importer.startsWith(join(ROOT, 'packages/ops/src')) && /(^\.|\/testing)\/webgpu$/.test(source)
      ? join(HERE, 'webgpu.mjs')
      : null,
};

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
if (existsSync(executablePath)) await withTemporaryFolder('paired3d-browser-tests-', main);
else {
  const message = `no Chromium at ${executablePath}: install it, or set CHROMIUM to its path`;
  if (process.env.CI) throw new Error(message);
  console.log(`skip  tests in the browser: ${message}`);
}

async function main(folder) {
  await build(pageConfig(folder));
  const server = await preview({
    root: HERE,
    build: { outDir: folder },
    preview: { host: '127.0.0.1', port: 0 },
    logLevel: 'warn',
  });
  const browser = await chromium.launch({
    executablePath,
    // Chromium keeps WebGPU off where there is no card, unless it is told that software will do.
    args: [
      '--no-sandbox',
      '--enable-unsafe-webgpu',
      ...(existsSync('/dev/dri') ? [] : ['--use-webgpu-adapter=swiftshader']),
    ],
  });
  try {
    const { adapter, results } = await openPage(browser, server.resolvedUrls.local[0]);
    const failed = results.filter(({ error }) => error !== undefined);
    for (const { name, error } of failed) console.error(`\nFAIL  ${name}\n${error}`);
    console.log(
      `${results.length - failed.length} passed, ${failed.length} failed, in ${browser.version()} on ${adapter}`,
    );
    process.exitCode = failed.length === 0 && results.length > 0 ? 0 : 1;
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Tests run as they are, but on the page's own vitest and WebGPU. */
function pageConfig(outDir) {
  const vitest = createRequire(createRequire(join(ROOT, 'package.json')).resolve('vitest/package.json'));
  const expectations = createRequire(vitest.resolve('@vitest/expect'));
  const ops = createRequire(join(ROOT, 'packages/ops/package.json'));
  const tfjs = (name) => ({
    find: new RegExp(`^${name}$`),
    replacement: ops.resolve(`${name}/package.json`).replace(/package\.json$/, 'dist/index.js'),
  });
  return {
    root: HERE,
    logLevel: 'warn',
    plugins: [ownWebgpu],
    define: { 'process.env': JSON.stringify({ PAIRED3D_RUNS: process.env.PAIRED3D_RUNS ?? '5' }) },
    resolve: {
      conditions: ['@paired3d/source', 'module', 'browser', 'import', 'default'],
      alias: [
        { find: /^vitest$/, replacement: join(HERE, 'vitest.mjs') },
        { find: '@vitest/expect', replacement: vitest.resolve('@vitest/expect') },
        { find: 'chai', replacement: expectations.resolve('chai') },
        tfjs('@tensorflow/tfjs'),
        tfjs('@tensorflow/tfjs-backend-webgpu'),
      ],
    },
    // A package without side effects has tests with nothing else.
    build: {
      outDir,
      emptyOutDir: true,
      target: 'esnext',
      minify: false,
      chunkSizeWarningLimit: 1e5,
      rollupOptions: { treeshake: false },
    },
  };
}

async function openPage(browser, url) {
  const page = await browser.newPage();
  const broken = new Promise((_resolve, reject) => page.on('pageerror', reject));
  page.on('console', (message) => message.type() === 'log' && console.log(message.text()));
  await page.goto(url);
  const done = page.waitForFunction(() => window.results !== undefined, undefined, { timeout: MINUTES * 60_000 });
  await Promise.race([done, broken]);
  return page.evaluate(() => ({ adapter: window.adapter, results: window.results }));
}
