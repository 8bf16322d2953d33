import { expect, it } from 'vitest';
import { Eta, seconds } from './eta';

it('foresees the time left from the last steps, not counting the first', () => {
  let now = 0;
  const eta = new Eta(() => now);
  expect(eta.left(0, 0)).toBeUndefined();
  now = 50; // the first step compiles
  expect(eta.left(1, 5)).toBeUndefined();
  now = 52;
  expect(eta.left(2, 5)).toBe(6);
  now = 54;
  expect(eta.left(3, 5)).toBe(4);
  now = 58;
  expect(eta.left(5, 5)).toBe(0);
});

it('writes seconds as a person reads them', () => {
  expect([0.04, 9.94, 42.4, 125].map(seconds)).toEqual(['0.0 s', '9.9 s', '42 s', '2 min 5 s']);
});
