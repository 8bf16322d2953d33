import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lung250m } from './datasets';
import { folderSource } from './folder';
import type { ScanFiles } from './folder';
import { initialError } from './landmarks';

const root = process.env.PAIRED3D_DATA;
const title = root ? 'lung250m' : 'lung250m (skipped: set PAIRED3D_DATA to a folder with train, test and landmarks)';

function folder(name: string): ScanFiles {
  const path = join(root!, name);
  return { list: () => readdir(path), read: (file) => readFile(join(path, file)) };
}

describe.skipIf(!root)(title, () => {
  const open = () =>
    folderSource(lung250m, { train: folder('train'), test: folder('test'), landmarks: folder('landmarks') });

  test('the error before registration is the published one, and every test scan is plausible', async () => {
    const source = open();
    let sum = 0;
    let count = 0;
    let exactSum = 0;
    let exactCount = 0;
    for (const id of await source.list('test')) {
      const pair = await source.load('test', id);
      expect(pair.size).toEqual([64, 52, 64]);
      const fraction = pair.fixed.reduce((a, b) => a + b) / pair.fixed.length;
      expect(fraction).toBeGreaterThan(0.005);
      expect(fraction).toBeLessThan(0.06);
      const { cropped, exact } = pair.landmarks!;
      // The same points but for flooring and, in case 114, 15 points outside the frame that were dropped.
      expect(Math.abs(initialError(cropped!, pair.extent) - initialError(exact!, pair.extent))).toBeLessThan(0.8);
      exactSum += initialError(exact!, pair.extent) * exact!.count;
      exactCount += exact!.count;
      sum += initialError(cropped!, pair.extent) * cropped!.count;
      count += cropped!.count;
    }
    expect(sum / count).toBeCloseTo(14.29, 2);
    expect(exactSum / exactCount).toBeCloseTo(14.23, 1);
  });

  test('every file fits', async () => {
    const report = await open().verify();
    expect(report.problems).toEqual([]);
    expect(report.pairs.train.length).toBe(10);
    expect(report.pairs.test.length).toBe(9);
  });
});
