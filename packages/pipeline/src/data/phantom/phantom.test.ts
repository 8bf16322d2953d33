import { describe, expect, test } from 'vitest';
import { DataError } from '../errors';
import { initialError, meanDisplacementError } from '../landmarks';
import type { PreparedPair, Size3 } from '../types';
import { phantomSource } from './source';

/** Value of the voxel in which a normalised point lies. */
function valueAt(data: Float32Array, size: Size3, points: Float32Array, p: number): number {
  const [i, j, k] = [0, 1, 2].map((a) => Math.floor(((points[3 * p + 2 - a] + 1) / 2) * size[a]));
  return data[(i * size[1] + j) * size[2] + k];
}

async function loadAll(source: ReturnType<typeof phantomSource>, split: 'train' | 'test'): Promise<PreparedPair[]> {
  return Promise.all((await source.list(split)).map((id) => source.load(split, id)));
}

describe.each([
  ['3D', [48, 40, 48]],
  ['2D', [1, 64, 64]],
] as [string, Size3][])('%s phantoms', (_, size) => {
  const source = phantomSource({ size, cases: { train: 8, test: 4 } });

  test('lie in [0, 1], with vessels that fill a plausible part of the frame', async () => {
    const [low, high] = size[0] === 1 ? [0.05, 0.18] : [0.02, 0.06];
    for (const pair of await loadAll(source, 'train')) {
      for (const data of [pair.fixed, pair.moving]) {
        expect(data.length).toBe(size[0] * size[1] * size[2]);
        expect(data.every((value) => value >= 0 && value <= 1)).toBe(true);
        const fraction = data.reduce((a, b) => a + b) / data.length;
        expect(fraction).toBeGreaterThan(low);
        expect(fraction).toBeLessThan(high);
      }
    }
  });

  test('landmarks lie on vessels in both scans, inside the grid', async () => {
    for (const pair of await loadAll(source, 'test')) {
      const { fixed, moving, count } = pair.landmarks!.exact!;
      expect(pair.landmarks!.cropped).toBe(pair.landmarks!.exact);
      expect(count).toBeGreaterThan(50);
      let on = 0;
      for (let p = 0; p < count; p++) {
        if (valueAt(pair.fixed, size, fixed, p) > 0.3) on++;
        if (valueAt(pair.moving, size, moving, p) > 0.3) on++;
      }
      expect(on / (2 * count)).toBeGreaterThan(0.97);
    }
  });

  test('motion has the wanted length, varies, and is poorly predicted by its mean', async () => {
    const train = await loadAll(source, 'train');
    const errors = train.map((pair) => initialError(pair.landmarks!.exact!, pair.extent));
    const mean = errors.reduce((a, b) => a + b) / errors.length;
    expect(mean).toBeGreaterThan(10);
    expect(mean).toBeLessThan(14);
    expect(Math.max(...errors) / Math.min(...errors)).toBeGreaterThan(1.7);
    const test = await loadAll(source, 'test');
    const before = test.reduce((a, pair) => a + initialError(pair.landmarks!.exact!, pair.extent), 0) / test.length;
    expect(meanDisplacementError(train, test)).toBeGreaterThan(0.8 * before);
  });

  test('are the same for the same seed, whatever the number of training cases', async () => {
    const [id] = await source.list('test');
    const more = phantomSource({ size, cases: { train: 9, test: 4 } });
    const [other] = await more.list('test');
    expect([id, other]).toEqual(['009', '010']);
    const pair = await source.load('test', id);
    expect((await more.load('test', other)).moving).toEqual(pair.moving);
    const reseeded = phantomSource({ size, cases: { train: 8, test: 4 }, seed: 2 });
    expect((await reseeded.load('test', id)).fixed).not.toEqual(pair.fixed);
  });
});

test('unknown ids and odd configs are refused', async () => {
  await expect(phantomSource().load('test', '999')).rejects.toThrow(DataError);
  expect(() => phantomSource({ spacing: -4 })).toThrow('phantom config, spacing');
  expect(() => phantomSource({ sise: 3 } as object)).toThrow('phantom config');
});
