import { describe, expect, it } from 'vitest';
import type { Size3 } from '../data/types';
import { shape, strokes } from './testing';
import { vesselStatistics } from './vessels';

const SIZE: Size3 = [25, 25, 41];

describe('vesselStatistics', () => {
  it.each([1, 3, 5, 7])('gives the thickness of a square bar of %i voxels', (width) => {
    const half = (width - 1) / 2;
    const bar = shape(SIZE, (i, j) => Math.abs(i - 12) <= half && Math.abs(j - 12) <= half);
    const found = vesselStatistics(bar, SIZE, [2, 2, 2]);
    expect(found.thickness).toBeCloseTo(2 * width, 6);
    expect(found.volumeFraction).toBeCloseTo(width ** 2 / (25 * 25), 9);
    expect(found).toMatchObject({ components: 1, branching: 0 });
  });

  it('gives the thickness of a round tube to within a voxel', () => {
    for (const radius of [2.5, 4, 5.5]) {
      const tube = shape(SIZE, (i, j) => Math.hypot(i - 12, j - 12) <= radius);
      expect(Math.abs(vesselStatistics(tube, SIZE, [1, 1, 1]).thickness - 2 * radius)).toBeLessThan(1);
    }
  });

  it('counts branch points by cm of centreline', () => {
    const y = strokes(SIZE, [
      [
        [12, 12, 0],
        [12, 12, 20],
      ],
      [
        [12, 12, 20],
        [2, 12, 40],
      ],
      [
        [12, 12, 20],
        [22, 12, 40],
      ],
    ]);
    const steps = 20 + 2 * (10 + 10 * Math.SQRT2);
    const { branching, components } = vesselStatistics(y, SIZE, [4, 4, 4]);
    expect(branching).toBeGreaterThan(0.97 * (10 / (4 * steps)));
    expect(branching).toBeLessThan(1.03 * (10 / (4 * steps)));
    expect(components).toBe(1);
  });

  it('has numbers for an empty mask, a full one and a slice', () => {
    const nothing = { volumeFraction: 0, components: 0, thickness: 0, branching: 0 };
    expect(vesselStatistics(new Uint8Array(27), [3, 3, 3], [1, 1, 1])).toEqual(nothing);
    expect(vesselStatistics(new Uint8Array(27).fill(1), [3, 3, 3], [1, 1, 1])).toMatchObject({
      volumeFraction: 1,
      components: 1,
    });
    const bar = shape([1, 9, 30], (_, j) => Math.abs(j - 4) <= 1);
    expect(vesselStatistics(bar, [1, 9, 30], [1, 2, 2]).thickness).toBeCloseTo(6, 6);
  });
});
