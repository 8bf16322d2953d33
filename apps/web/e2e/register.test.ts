import { readFile } from 'node:fs/promises';
import { readNifti, writeNifti } from '@paired3d/nifti';
import { phantomSource, phantomVolume } from '@paired3d/pipeline';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStage, slide, untilStatus, violations, type Stage } from './browser';

const REGISTERED = /^Registered in/;
let stage: Stage;
let page: Page;

const number = async (id: string) => parseFloat((await page.getByTestId(id).textContent())!);

/** A scan of a phantom as a file. */
async function scan(image: 'fixed' | 'moving', size: [number, number, number] = [32, 24, 32]) {
  const pair = await phantomSource({ size, spacing: 7.5, cases: { train: 0, test: 1 } }).load('test', '001');
  const { shape, ...volume } = phantomVolume(pair, image);
  const bytes = writeNifti({ ...volume, shape: [...shape] }, { gzip: true });
  return { name: `${image}.nii.gz`, mimeType: 'application/gzip', buffer: Buffer.from(bytes) };
}

/** Puts a file on a field, as a person does who chooses one. */
const choose = (image: 'fixed' | 'moving', file: Awaited<ReturnType<typeof scan>>) =>
  page.getByTestId(`drop-${image}`).locator('input').setInputFiles(file);

/** Drops a file on a field. */
async function drop(image: 'fixed' | 'moving', { name, buffer }: Awaited<ReturnType<typeof scan>>): Promise<void> {
  const transfer = await page.evaluateHandle(
    ({ name, base64 }) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
      return transfer;
    },
    { name, base64: buffer.toString('base64') },
  );
  await page.getByTestId(`drop-${image}`).dispatchEvent('drop', { dataTransfer: transfer });
}

beforeAll(async () => void (stage = await openStage()));
beforeEach(async () => {
  page = await stage.open('?backend=wasm');
  await untilStatus(page, /^Ready/);
});
afterEach(async () => {
  expect(await violations(page)).toEqual([]);
  await page.context().close();
  expect(stage.complaints()).toEqual([]);
});
afterAll(() => stage.close());

describe('registration', () => {
  it('brings the landmarks of the example together, and gives warped scan and field', async () => {
    await slide(page, '#iterations', 15);
    await page.getByTestId('register').click();
    await untilStatus(page, REGISTERED);
    expect(await number('error-after')).toBeLessThan(0.7 * (await number('error-before')));
    expect(await number('dice-after')).toBeGreaterThan(await number('dice-before'));
    expect(await number('folding')).toBeLessThan(1);
    expect(await page.locator('.loss svg .curve').count()).toBeGreaterThan(0);
    expect(await page.getByTestId('grid').locator('svg').count()).toBe(1);
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('download-field').click()]);
    const field = await readNifti(await readFile(await download.path()));
    expect(field).toMatchObject({ intent: 1007 });
    expect(field.shape.slice(3)).toEqual([1, 3]);
  });

  it('registers two files that are dropped, without a network', async () => {
    await drop('fixed', await scan('fixed'));
    await drop('moving', await scan('moving'));
    await page.locator('#quality').selectOption('coarse');
    await page.getByTestId('register').click();
    await untilStatus(page, REGISTERED);
    expect(await number('dice-after')).toBeGreaterThan(await number('dice-before'));
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('download-warped').click()]);
    expect((await readNifti(await readFile(await download.path()))).shape).toEqual([32, 24, 32]);
  });

  it('says what is wrong with a file that is no NIfTI, with a cut one, and with two that do not match', async () => {
    const failure = page.getByTestId('failure');
    const whole = await scan('fixed');
    const cases = [
      [
        { ...whole, name: 'photo.nii.gz', buffer: Buffer.from('no scan at all, but long enough to look at') },
        /photo\.nii\.gz/,
      ],
      [
        { ...whole, name: 'cut.nii.gz', buffer: whole.buffer.subarray(0, whole.buffer.length - 200) },
        /cut\.nii\.gz.*cut short/s,
      ],
      [
        { ...(await scan('moving', [24, 24, 32])), name: 'other.nii.gz' },
        /fixed\.nii\.gz has 32 x 24 x 32 voxels, other\.nii\.gz has 24 x 24 x 32/,
      ],
    ] as const;
    await choose('fixed', whole);
    await page.getByTestId('register').click();
    await failure.waitFor({ state: 'visible' });
    expect(await failure.innerText()).toMatch(/moving scan is missing/);
    for (const [file, message] of cases) {
      await choose('moving', file);
      await page.getByTestId('register').click();
      await expect.poll(() => failure.innerText(), { timeout: 30_000 }).toMatch(message);
      expect(await page.getByTestId('register').isEnabled()).toBe(true);
    }
  });

  it('is cancelled', async () => {
    await page.locator('#method').selectOption('optimise');
    await page.locator('#quality').selectOption('accurate');
    await page.getByTestId('register').click();
    await expect.poll(() => page.getByTestId('left').textContent(), { timeout: 60_000 }).toMatch(/^step \d+ of/);
    await page.getByTestId('cancel').click();
    await untilStatus(page, /^Cancelled/, 10);
    expect(await page.getByTestId('register').isEnabled()).toBe(true);
  });
});
