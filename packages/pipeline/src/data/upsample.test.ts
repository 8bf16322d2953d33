import { expect, test } from 'vitest';
import { upsampleCubic } from './upsample';

test('reproduces a linear function of the knots away from the border, and constants everywhere', () => {
  const knots = [5, 6, 7] as const;
  const values = new Float32Array(5 * 6 * 7);
  for (let i = 0; i < 5; i++)
    for (let j = 0; j < 6; j++) for (let k = 0; k < 7; k++) values[(i * 6 + j) * 7 + k] = i + 10 * j + 100 * k;
  const size = [20, 24, 28] as const;
  const out = upsampleCubic(values, knots, size, 1);
  for (const [i, j, k] of [
    [10, 12, 14],
    [6, 7, 9],
  ]) {
    const at = (n: number, a: 0 | 1 | 2) => ((n + 0.5) / size[a]) * (knots[a] - 1);
    expect(out[(i * 24 + j) * 28 + k]).toBeCloseTo(at(i, 0) + 10 * at(j, 1) + 100 * at(k, 2), 2);
  }
  const ones = upsampleCubic(new Float32Array(2 * 2 * 2 * 3).fill(1), [2, 2, 2], [3, 4, 5], 3);
  expect(ones.every((value) => Math.abs(value - 1) < 1e-6)).toBe(true);
});

test('one knot serves one voxel only', () => {
  expect(upsampleCubic(Float32Array.of(1, 2, 3, 4), [1, 2, 2], [1, 2, 2], 1).length).toBe(4);
  expect(() => upsampleCubic(Float32Array.of(1), [1, 1, 1], [1, 1, 2], 1)).toThrow('at least 2 knots');
});
