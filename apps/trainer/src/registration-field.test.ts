import { expect, it } from 'vitest';
import { registrationField } from './registration-field';

const affine = (scale: number[], shift: number[]) => [
  ...scale.map((s, row) => [0, 1, 2].map((column) => (row === column ? s : 0)).concat(shift[row])),
  [0, 0, 0, 1],
];

it('leads from a fixed voxel to its moving point in LPS, also where the headers differ', () => {
  // 1 x 1 x 2 voxels; the second one moves by half a voxel along k (x, normalised: 0.5 x 2 / 2 voxels).
  const backward = { data: Float32Array.of(0, 0, 0, 0.5, 0, 0), size: [1, 1, 2] as const };
  const fixed = affine([2, 2, 2], [0, 0, 0]);
  const field = registrationField(backward, fixed, affine([2, 2, 2], [10, 20, 30]));
  expect(Array.from(field.data)).toEqual([-10, -20, 30, -10, -20, 31]);
  expect(field).toMatchObject({ shape: [1, 1, 2, 1, 3], affine: fixed, intent: 1007 });
  // Voxel (0, 0, 1): 4 (1 + 0.5) - 2 mm.
  expect(registrationField(backward, fixed, affine([4, 4, 4], [0, 0, 0])).data[5]).toBe(4);
});
