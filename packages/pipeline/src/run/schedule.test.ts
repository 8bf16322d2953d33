import { expect, it } from 'vitest';
import { scheduleFactor } from './schedule';

it('gives the factor of each schedule', () => {
  expect(scheduleFactor({ kind: 'constant' }, 5, 10)).toBe(1);
  expect(scheduleFactor({ kind: 'warmup', warmup: 4 }, 1, 10)).toBe(0.5);
  expect(scheduleFactor({ kind: 'warmup', warmup: 4 }, 9, 10)).toBe(1);
  expect(scheduleFactor({ kind: 'cosine', warmup: 0 }, 5, 10)).toBeCloseTo(0.5, 12);
  expect(scheduleFactor({ kind: 'cosine', warmup: 10 }, 4, 10)).toBeCloseTo(
    0.5 * 0.5 * (1 + Math.cos(0.4 * Math.PI)),
    12,
  );
  // The paper's: periods of 1/7, 2/7 and 4/7 of the steps.
  const restarts = [0, 10, 30, 69].map((step) => scheduleFactor({ kind: 'restarts', first: 7 }, step, 70));
  expect(restarts.slice(0, 3)).toEqual([1, 1, 1]);
  expect(restarts[3]).toBeLessThan(0.01);
});
