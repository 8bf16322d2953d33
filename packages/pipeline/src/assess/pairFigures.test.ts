import { beforeAll, describe, expect, it } from 'vitest';
import type { Size3 } from '../data/types';
import { leaked, NOTHING, useWasm } from '../testing';
import { isBlank, pairFigures } from './pairFigures';
import { strokes } from './testing';

beforeAll(useWasm);

const SIZE: Size3 = [20, 16, 24];
const EXTENT: Size3 = [80, 64, 96];
/** A vessel with two arms, `shift` voxels further along k. */
const vessel = (shift: number): Float32Array =>
  Float32Array.from(
    strokes(
      SIZE,
      [
        [
          [4, 8, 5 + shift],
          [10, 8, 10 + shift],
        ],
        [
          [10, 8, 10 + shift],
          [16, 5, 16 + shift],
        ],
        [
          [10, 8, 10 + shift],
          [5, 11, 17 + shift],
        ],
      ],
      1.5,
    ),
  );
const settings = { threshold: 0.5, optimise: 'fast' } as const;

describe('pairFigures', () => {
  it('finds no motion between a scan and itself', async () => {
    const figures = await pairFigures({ fixed: vessel(0), moving: vessel(0), size: SIZE, extent: EXTENT }, settings);
    expect(figures).toMatchObject({ components: 1, dice: 1 });
    expect(figures.ncc).toBeCloseTo(1, 5);
    expect(figures.nccAfter).toBeGreaterThan(0.999);
    expect(figures.displacement).toBeLessThan(0.1);
    expect(figures.volumeFraction).toBeCloseTo(vessel(0).reduce((a, b) => a + b) / (20 * 16 * 24), 9);
  });

  it('finds the motion between a scan and the same further on, in mm', async () => {
    const pair = { fixed: vessel(0), moving: vessel(2), size: SIZE, extent: EXTENT };
    const figures = await pairFigures(pair, settings);
    expect(Math.abs(figures.displacement - 8)).toBeLessThan(0.8);
    expect(figures.nccAfter).toBeGreaterThan(0.9);
    expect(figures.ncc).toBeLessThan(0.5);
    expect(figures.dice).toBeLessThan(0.5);
  });

  it('works on a slice', async () => {
    const size: Size3 = [1, 24, 24];
    const bar = (at: number) =>
      Float32Array.from({ length: 24 * 24 }, (_, v) => (Math.abs((v % 24) - at) < 2 && v > 72 && v < 500 ? 1 : 0));
    const pair = { fixed: bar(10), moving: bar(12), size, extent: [4, 96, 96] as Size3 };
    const figures = await pairFigures(pair, settings);
    expect(Math.abs(figures.displacement - 8)).toBeLessThan(1.5);
  });

  it('leaves no tensors behind', async () => {
    const pair = { fixed: vessel(0), moving: vessel(1), size: SIZE, extent: EXTENT };
    expect(await leaked(() => pairFigures(pair, settings))).toEqual(NOTHING);
  });
});

it('isBlank: nothing above the threshold, or nothing but one value', () => {
  expect(isBlank(Float32Array.of(0, 0.2, 0.5), 0.5)).toBe(true);
  expect(isBlank(Float32Array.of(0.9, 0.9), 0.5)).toBe(true);
  expect(isBlank(Float32Array.of(0, NaN), 0.5)).toBe(true);
  expect(isBlank(Float32Array.of(0, 0.6), 0.5)).toBe(false);
});
