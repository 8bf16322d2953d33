import { readFile } from 'node:fs/promises';
import { readNifti } from '@paired3d/nifti';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { longTasks, openStage, slide, untilStatus, violations, type Stage } from './browser';
import { logits, tokenHash } from './node';

const READY = /^Ready/;
const GENERATED = /^A pair was generated/;
let stage: Stage;
let page: Page;

async function open(backend: 'wasm' | 'webgpu'): Promise<void> {
  page = await stage.open(`?backend=${backend}`);
  await untilStatus(page, READY);
}

/** Generates with a fixed seed; gives the hash of the tokens. */
async function generate(steps: number): Promise<string> {
  await page.getByTestId('seed').fill('7');
  await slide(page, '#steps', steps);
  await page.getByTestId('generate').click();
  await untilStatus(page, /^Generating/);
  await untilStatus(page, GENERATED);
  return (await page.getByTestId('token-hash').getAttribute('title'))!;
}

/** What the diagnostics say of the logits. */
async function logitDifference(): Promise<number> {
  await page.getByTestId('self-test').click();
  const text = page.getByTestId('diagnosis');
  await expect.poll(() => text.textContent(), { timeout: 120_000 }).toContain('logits');
  return Number(/at most ([\d.e+-]+),/.exec((await text.textContent())!)![1]);
}

beforeAll(async () => void (stage = await openStage()));
afterEach(async () => {
  if (page) {
    expect(await violations(page)).toEqual([]);
    await page.context().close();
  }
  expect(stage.complaints()).toEqual([]);
});
afterAll(() => stage.close());

describe('generation', () => {
  it('on WASM gives the tokens of Node, and reports the longest task of the main thread', async () => {
    await open('wasm');
    expect(await page.getByTestId('backend').textContent()).toBe('WASM');
    await page.waitForTimeout(500);
    await longTasks(page);
    const hash = await generate(8);
    const longest = Math.max(0, ...(await longTasks(page)));
    console.log(`longest task of the main thread during generation: ${Math.round(longest)} ms (0: below 50)`);
    expect(hash).toBe(await tokenHash({ seed: 7, steps: 8, temperature: 0.9, order: 'random' }));
    expect(await logitDifference()).toBeLessThan(1e-6);
  });

  it('has logits to compare with that are those of Node', async () => {
    page = await stage.open();
    const response = await page.request.get(`${stage.url}models/logits.f32`);
    const stored = new Float32Array(new Uint8Array(await response.body()).buffer);
    expect(stored).toEqual(await logits());
  });

  it('shows the pair in 3D and gives both scans as NIfTI', async () => {
    await open('wasm');
    await generate(4);
    await page.locator('#generate .viewer[data-ready]').waitFor();
    await page.locator('#generate .viewer canvas').waitFor({ state: 'visible' });
    for (const name of ['fixed', 'moving']) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByTestId(`download-${name}`).click(),
      ]);
      expect(download.suggestedFilename()).toBe(`${name}-7.nii.gz`);
      const volume = await readNifti(await readFile(await download.path()));
      expect(volume.shape).toEqual([32, 24, 32]);
      expect(volume.spacing).toEqual([7.5, 7.5, 7.5]);
    }
  });

  it('on WebGPU gives logits within 1e-3 of those of Node, and a pair', async () => {
    await open('webgpu');
    expect(await page.getByTestId('backend').textContent()).toBe('WebGPU');
    expect(await logitDifference()).toBeLessThan(1e-3);
    expect(await generate(1)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is cancelled by the button and by Escape, and can be done again', async () => {
    await open('wasm');
    await slide(page, '#steps', 64);
    for (const cancel of [() => page.getByTestId('cancel').click(), () => page.keyboard.press('Escape')]) {
      await page.getByTestId('generate').click();
      await untilStatus(page, /^Generating/);
      await expect.poll(() => page.getByTestId('left').textContent(), { timeout: 60_000 }).toMatch(/^step \d+ of 64/);
      await cancel();
      await untilStatus(page, /^Cancelled/, 10);
    }
    expect(await page.getByTestId('cancel').isDisabled()).toBe(true);
    await generate(4);
  });

  it('says that the graphics device was lost, and goes on with WASM', async () => {
    await open('webgpu');
    await slide(page, '#steps', 8);
    await page.getByTestId('generate').click();
    await untilStatus(page, /^Generating/);
    // The next commands go to a device that is gone, as when a driver restarts.
    await page.workers()[0].evaluate(() => {
      const { createCommandEncoder } = GPUDevice.prototype;
      GPUDevice.prototype.createCommandEncoder = function (descriptor) {
        this.destroy();
        return createCommandEncoder.call(this, descriptor);
      };
    });
    await page.getByTestId('failure').waitFor({ state: 'visible', timeout: 60_000 });
    expect(await page.getByTestId('failure').innerText()).toMatch(/graphics device was lost/);
    expect(await page.getByTestId('cancel').isDisabled()).toBe(true);
    await page.getByTestId('remedy-use-wasm').click();
    await untilStatus(page, GENERATED);
    expect(await page.getByTestId('backend').textContent()).toBe('WASM');
    stage.complaints(); // the browser reports the loss itself
  });
});
