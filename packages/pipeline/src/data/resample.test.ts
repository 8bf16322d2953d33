import { expect, test } from 'vitest';
import { resample, resampledShape, spacingMatches } from './resample';

test('about 1 mm counts as 1 mm', () => {
  expect(spacingMatches([0.9985, 1.0016, 0.9969], [1, 1, 1])).toBe(true);
  expect(spacingMatches([1, 1, 1.25], [1, 1, 1])).toBe(false);
});

test('the resampled grid covers the same millimetres', () => {
  expect(resampledShape([100, 50, 30], [1, 2, 2.5], [1, 1, 1])).toEqual([100, 100, 75]);
});

test('doubling the resolution by nearest repeats every voxel, halving it keeps every other', () => {
  const data = Uint8Array.of(1, 0, 2);
  const fine = resample(data, [1, 1, 3], [1, 1, 2], [1, 1, 1], 'nearest');
  expect([...fine.data]).toEqual([1, 1, 0, 0, 2, 2]);
  expect([...resample(fine.data, fine.shape, [1, 1, 1], [1, 1, 2], 'nearest').data]).toEqual([1, 0, 2]);
});

test('linear resampling reproduces a linear function in mm away from the border', () => {
  const [I, J, K] = [6, 5, 7];
  const spacing = [2, 1.5, 3] as const;
  const at = (i: number, j: number, k: number, s: readonly number[]) =>
    0.1 + 0.02 * (i + 0.5) * s[0] + 0.03 * (j + 0.5) * s[1] - 0.01 * (k + 0.5) * s[2];
  const data = new Float32Array(I * J * K);
  for (let i = 0; i < I; i++)
    for (let j = 0; j < J; j++) for (let k = 0; k < K; k++) data[(i * J + j) * K + k] = at(i, j, k, spacing);
  const out = resample(data, [I, J, K], spacing, [1, 1, 1], 'linear');
  const [i, j, k] = [5, 4, 11];
  expect(out.data[(i * out.shape[1] + j) * out.shape[2] + k]).toBeCloseTo(at(i, j, k, [1, 1, 1]), 5);
});
