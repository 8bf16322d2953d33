import { expect, test } from 'vitest';
import { averagePool, frameOffsets, placeAndPool } from './frame';
import type { Frame } from './frame';

const paper: Frame = { padTo: [352, 256, 352], start: [48, 32, 48], size: [256, 208, 256] };

test("offsets are the paper's, floors of odd and negative differences included", () => {
  expect(frameOffsets([339, 237, 306], paper)).toEqual([6 - 48, 9 - 32, 23 - 48]);
  expect(frameOffsets([320, 250, 353], paper)).toEqual([16 - 48, 3 - 32, -1 - 48]);
  expect(frameOffsets([200, 100, 200], paper)).toEqual([28, 46, 28]);
});

test('padding on one axis, cropping on another', () => {
  const data = Uint8Array.from({ length: 2 * 5 }, (_, v) => v + 1); // [1, 2, 5]
  const out = placeAndPool(data, [1, 2, 5], [0, 1, -2], [1, 4, 2], [1, 1, 1]);
  expect([...out]).toEqual([0, 0, 3, 4, 8, 9, 0, 0]);
});

test('pooling in the same pass equals placing first and pooling afterwards', () => {
  const shape = [7, 5, 9] as const;
  const data = Float32Array.from({ length: 7 * 5 * 9 }, (_, v) => ((v * 37) % 11) / 11);
  const size = [8, 8, 8] as const;
  const once = placeAndPool(data, shape, [1, 2, -1], size, [2, 4, 2]);
  const twice = averagePool(placeAndPool(data, shape, [1, 2, -1], size, [1, 1, 1]), size, [2, 4, 2]);
  expect(once.length).toBe(4 * 2 * 4);
  once.forEach((value, v) => expect(value).toBeCloseTo(twice[v], 6));
});
