// `node tools/browser-tests/run.mjs`: the property tests of @paired3d/ops on WebGPU in headless Chromium, from the sources.
// Needs Chromium, at /usr/bin/chromium or $CHROMIUM; without one it is skipped, except in CI, where that is an error.
// On a machine without a card Chromium computes with SwiftShader.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { build, preview } from 'vite';
import { withTemporaryFolder } from '../workspace.mjs';
import { HERE, pageConfig } from './config.mjs';

const MINUTES = 10;

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

async function openPage(browser, url) {
  const page = await browser.newPage();
  const broken = new Promise((_resolve, reject) => page.on('pageerror', reject));
  page.on('console', (message) => message.type() === 'log' && console.log(message.text()));
  await page.goto(url);
  const done = page.waitForFunction(() => window.results !== undefined, undefined, { timeout: MINUTES * 60_000 });
  await Promise.race([done, broken]);
  return page.evaluate(() => ({ adapter: window.adapter, results: window.results }));
}
