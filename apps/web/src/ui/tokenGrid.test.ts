import { expect, it } from 'vitest';
import { revealed, tokenPicture } from './tokenGrid';

const palette = Uint8ClampedArray.from([10, 11, 12, 255, 20, 21, 22, 255]);

it('lays slices side by side, the head up, and shows masked tokens grey', () => {
  // i = 2, j = 3, k = 2; token (0, 1, 1) is code 0, (1, 2, 0) code 1, all others are masked.
  const tokens = new Int32Array(12).fill(2);
  tokens[0 * 6 + 1 * 2 + 1] = 0;
  tokens[1 * 6 + 2 * 2 + 0] = 1;
  const { width, height, data } = tokenPicture(tokens, [1, 2, 3, 2], palette, 2);
  expect([width, height]).toEqual([5, 5]);
  const at = (x: number, y: number) => [...data.slice(4 * (y * width + x), 4 * (y * width + x) + 3)];
  expect(at(3, 0)).toEqual([10, 11, 12]); // slice 1: to the right; k = 1: above
  expect(at(1, 4)).toEqual([20, 21, 22]); // slice 2: below; i = 1, k = 0
  expect(at(0, 0)[0]).toBeLessThan(240);
  expect(at(2, 0)).toEqual([252, 252, 251]); // between slices
  expect(revealed(tokens, 2)).toBe(2);
});
