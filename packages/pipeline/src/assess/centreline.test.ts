import { expect, it } from 'vitest';
import type { Size3 } from '../data/types';
import { measureCentreline } from './centreline';
import { strokes } from './testing';

const SIZE: Size3 = [15, 15, 15];

it.each<[string, Size3, number]>([
  ['along an axis', [12, 2, 2], 10 * 3],
  ['across faces', [2, 12, 12], 10 * Math.hypot(2, 1)],
  ['across corners', [12, 12, 12], 10 * Math.hypot(3, 2, 1)],
])('a line %s is as long as its steps', (_how, to, length) => {
  const found = measureCentreline(strokes(SIZE, [[[2, 2, 2], to]]), SIZE, [3, 2, 1]);
  expect(found.length).toBeCloseTo(length, 6);
  expect(found.branchPoints).toBe(0);
});

it('a corner of three voxels is no triangle', () => {
  const corner = strokes(SIZE, [
    [
      [2, 2, 2],
      [6, 2, 2],
    ],
    [
      [6, 2, 2],
      [6, 6, 2],
    ],
  ]);
  expect(measureCentreline(corner, SIZE, [1, 1, 1]).length).toBeCloseTo(8, 6);
});

it('counts the voxels of a junction once, and each junction', () => {
  const cross: [Size3, Size3][] = [
    [
      [2, 7, 7],
      [12, 7, 7],
    ],
    [
      [7, 2, 7],
      [7, 12, 7],
    ],
  ];
  expect(measureCentreline(strokes(SIZE, cross), SIZE, [1, 1, 1])).toEqual({ length: 20, branchPoints: 1 });
  const comb = [
    ...cross,
    [
      [11, 7, 7],
      [11, 12, 7],
    ] as [Size3, Size3],
  ];
  expect(measureCentreline(strokes(SIZE, comb), SIZE, [1, 1, 1]).branchPoints).toBe(2);
  expect(measureCentreline(new Uint8Array(8), [2, 2, 2], [1, 1, 1])).toEqual({ length: 0, branchPoints: 0 });
});
