import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { preview } from 'vite';
import { CSP } from '../vite.config';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** The page lies below a folder, as on most static hosts. */
const BASE = '/some/folder/';

/** WebGPU by SwiftShader, and WebGL by it too, which the viewer needs. */
const FLAGS = `--no-sandbox --enable-unsafe-webgpu --use-webgpu-adapter=swiftshader --enable-features=Vulkan
  --use-angle=swiftshader --enable-unsafe-swiftshader --no-first-run --disable-background-networking
  --disable-component-update --disable-sync`.split(/\s+/);

/** A browser, the built page on a server of its own, and what went wrong there. */
export interface Stage {
  readonly url: string;
  open(query?: string): Promise<Page>;
  /** Requests that left the origin, violations of the policy, and errors, since the last call. */
  complaints(): string[];
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) {
    throw new Error(`expected Chromium at ${executablePath}, got none; install it, or set CHROMIUM to its path`);
  }
  if (!existsSync(`${ROOT}/dist/index.html`)) throw new Error('expected a built page, got none; run `npm run build`');
  const server = await preview({
    root: ROOT,
    base: BASE,
    logLevel: 'error',
    preview: { host: '127.0.0.1', port: 0, headers: { 'Content-Security-Policy': CSP } },
  });
  const { port } = server.httpServer.address() as { port: number };
  const origin = `http://127.0.0.1:${port}`;
  const browser: Browser = await chromium.launch({ executablePath, args: FLAGS });
  const complaints: string[] = [];
  return {
    url: `${origin}${BASE}`,
    async open(query = '') {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
      context.on('request', (request) => {
        const url = request.url();
        if (!url.startsWith(origin) && !/^(blob|data):/.test(url)) complaints.push(`a request to ${url}`);
      });
      const page = await context.newPage();
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      await page.addInitScript(() => {
        const global = globalThis as unknown as { violations: string[]; longTasks: number[] };
        global.violations = [];
        global.longTasks = [];
        document.addEventListener('securitypolicyviolation', (event) => {
          global.violations.push(`${event.violatedDirective}: ${event.blockedURI}`);
        });
        new PerformanceObserver((list) => {
          for (const { duration } of list.getEntries()) global.longTasks.push(duration);
        }).observe({ type: 'longtask' });
      });
      await page.goto(`${origin}${BASE}${query}`);
      return page;
    },
    complaints: () => complaints.splice(0),
    async close() {
      await browser.close();
      await new Promise((resolve) => server.httpServer.close(resolve));
    },
  };
}

/** Waits until the status line says something; fails at once when the page says that something went wrong. */
export async function untilStatus(page: Page, wanted: RegExp, seconds = 180): Promise<string> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const status = (await page.getByTestId('status').textContent()) ?? '';
    if (wanted.test(status)) return status;
    const failure = page.getByTestId('failure');
    if (await failure.isVisible()) throw new Error(`the page says: ${await failure.innerText()}`);
    if (Date.now() > end) throw new Error(`expected status ${wanted}, got "${status}" for ${seconds} s`);
    await page.waitForTimeout(100);
  }
}

/** Sets a slider as a person does. */
export async function slide(page: Page, selector: string, value: number): Promise<void> {
  await page.locator(selector).fill(String(value));
}

/** What the page's policy forbade. */
export const violations = (page: Page): Promise<string[]> =>
  page.evaluate(() => (globalThis as unknown as { violations: string[] }).violations);

/** Durations in ms of tasks of the main thread that took longer than 50 ms, since the last call. */
export const longTasks = (page: Page): Promise<number[]> =>
  page.evaluate(() => (globalThis as unknown as { longTasks: number[] }).longTasks.splice(0));
