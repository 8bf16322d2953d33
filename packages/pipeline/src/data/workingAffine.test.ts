import { expect, it } from 'vitest';
import { folderConfigSchema, parseConfig } from './config';
import { geometryOf } from './prepare';
import { workingAffine } from './workingAffine';

const affine = [
  [-2, 0, 0, 10],
  [0, 0, 3, -20],
  [0, -1, 0, 30],
  [0, 0, 0, 1],
];

it('puts the centre of a working voxel in the middle of the voxels that it is the mean of', () => {
  const frame = { padTo: [12, 12, 12], start: [2, 2, 2], size: [8, 8, 8] } as const;
  const config = parseConfig(folderConfigSchema, { frame, pool: 2, resample: false }, 'test');
  const volume = { data: new Float32Array(720), shape: [10, 8, 9], spacing: [2, 1, 3] };
  const geometry = geometryOf(volume, config, 'x', 'x.nii');
  const working = workingAffine(affine, geometry);
  // Frame voxel f is file voxel f - offset, offsets = floor((12 - N) / 2) - 2 = (-1, 0, -1); w = 0 is the mean of f = 0, 1.
  const at = [1.5, 0.5, 1.5];
  expect(working.slice(0, 3).map((row) => row[3])).toEqual(
    affine.slice(0, 3).map((row) => row[3] + at[0] * row[0] + at[1] * row[1] + at[2] * row[2]),
  );
  expect(working.map((row) => row.slice(0, 3))).toEqual(affine.map((row) => row.slice(0, 3).map((x) => 2 * x)));
  expect(working[3]).toEqual([0, 0, 0, 1]);
  // Pooling once more: the mean of f = 0 .. 3.
  expect(workingAffine(affine, geometry, [2, 2, 2])[0]).toEqual([-8, 0, 0, 10 - 2 * 2.5]);
});

it('keeps the outer edge when a scan is resampled', () => {
  const config = parseConfig(folderConfigSchema, { frame: null, pool: 1, spacing: 1 }, 'test');
  const volume = { data: new Float32Array(64), shape: [4, 4, 4], spacing: [2, 2, 2] };
  const own = [
    [2, 0, 0, 0],
    [0, 2, 0, 0],
    [0, 0, 2, 0],
    [0, 0, 0, 1],
  ];
  expect(workingAffine(own, geometryOf(volume, config, 'x', 'x.nii'))[0]).toEqual([1, 0, 0, -0.5]);
});
