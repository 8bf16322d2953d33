import { expect, it } from 'vitest';
import { correlation, inner, standardised } from './correlation';

it('is what the formula says', () => {
  const [a, b] = [
    [1, 2, 4, 7, 11],
    [3, -1, 0, 2, 9],
  ];
  const mean = (x: number[]) => x.reduce((s, v) => s + v, 0) / x.length;
  const centred = (x: number[]) => x.map((v) => v - mean(x));
  const norm = (x: number[]) => Math.hypot(...centred(x));
  const expected = inner(centred(a), centred(b)) / norm(a) / norm(b);
  expect(correlation(a, b)).toBeCloseTo(expected, 6);
  expect(inner(standardised(a), standardised(a))).toBeCloseTo(1, 6);
});

it('does not see brightness and contrast; an even image is like nothing', () => {
  const a = [0, 1, 0, 5, 2];
  expect(
    correlation(
      a,
      a.map((v) => 3 * v + 7),
    ),
  ).toBeCloseTo(1, 6);
  expect(
    correlation(
      a,
      a.map((v) => -v),
    ),
  ).toBeCloseTo(-1, 6);
  expect(correlation(a, [2, 2, 2, 2, 2])).toBe(0);
});
