import { expect, it } from 'vitest';
import { scaled, shrink, sizeFor } from './images';

const raster = (data: number[], size: readonly [number, number, number]) => ({ data: Float32Array.from(data), size });

it('shrinks by the mean of each cell', () => {
  const two = shrink(raster([1, 3, 5, 7, 2, 4, 6, 8], [2, 2, 2]), [1, 2, 1]);
  expect(two).toEqual({ data: Float32Array.of(2.5, 6.5), size: [1, 2, 1] });
});

it('counts a voxel between two cells by its parts', () => {
  expect(Array.from(shrink(raster([3, 6, 9], [1, 1, 3]), [1, 1, 2]).data)).toEqual([
    expect.closeTo(4, 6),
    expect.closeTo(8, 6),
  ]);
});

it('chooses sizes with voxels near to cubes, no finer than the scan', () => {
  expect(sizeFor(64, [256, 208, 256])).toEqual([64, 52, 64]);
  expect(sizeFor(32, [256, 208, 256])).toEqual([32, 26, 32]);
  expect(sizeFor(64, [100, 1, 50], [40, 1, 50])).toEqual([40, 1, 32]);
});

it('scales values to [0, 1]', () => {
  expect(Array.from(scaled({ data: [-10, 30, 10], shape: [1, 1, 3] }, 'fixed').data)).toEqual([0, 1, 0.5]);
});
