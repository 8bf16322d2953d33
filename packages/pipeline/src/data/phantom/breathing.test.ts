import { Random } from '@paired3d/nn';
import { expect, test } from 'vitest';
import { Breathing, meanDistance } from './breathing';
import type { Size3 } from '../types';

const extent: Size3 = [192, 160, 192];

function randomPoints(n: number, seed: number): Float64Array {
  return Float64Array.from(Random.of(seed).uniforms(3 * n), (u, p) => (u - 0.5) * 0.98 * extent[p % 3]);
}

test('moves points by the wanted length on average, and never out of the grid', () => {
  const breathing = new Breathing(extent, false, Random.of(1));
  const points = randomPoints(500, 2);
  breathing.scaleTo(18, points);
  const moved = breathing.transport(points);
  expect(meanDistance(points, moved)).toBeCloseTo(18, 0);
  moved.forEach((value, p) => expect(Math.abs(value)).toBeLessThan(extent[p % 3] / 2));
});

test('preserves orientation everywhere (no folding)', () => {
  for (let seed = 0; seed < 5; seed++) {
    const breathing = new Breathing(extent, false, Random.of(seed));
    breathing.scaleTo(18, randomPoints(200, 3));
    const points = randomPoints(300, 4);
    const at = breathing.transport(points);
    const columns = [0, 1, 2].map((a) => {
      const shifted = breathing.transport(points.map((value, p) => value + (p % 3 === a ? 0.01 : 0)));
      return shifted.map((value, p) => (value - at[p]) / 0.01);
    });
    for (let p = 0; p < points.length; p += 3) {
      const [a, b, c] = columns.map((column) => column.subarray(p, p + 3));
      const determinant =
        a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1]) + c[0] * (a[1] * b[2] - a[2] * b[1]);
      expect(determinant).toBeGreaterThan(0);
    }
  }
});

test('the integration has converged', () => {
  const breathing = new Breathing(extent, false, Random.of(7));
  const points = randomPoints(200, 5);
  breathing.scaleTo(18, points);
  expect(meanDistance(breathing.transport(points), breathing.transport(points, 48))).toBeLessThan(0.01);
});

test('length 0 stands still, and 2D stays in its plane', () => {
  const points = randomPoints(50, 6);
  const still = new Breathing(extent, false, Random.of(1));
  still.scaleTo(0, points);
  expect(still.transport(points)).toEqual(points);
  const plane = new Breathing(extent, true, Random.of(1));
  plane.scaleTo(10, points);
  plane.transport(points).forEach((value, p) => p % 3 === 0 && expect(value).toBe(points[p]));
});
