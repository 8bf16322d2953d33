import type { Geometry } from './prepare';

/**
 * Affine of the working grid, so that what is computed on it lies over the scan in any viewer.
 *
 * Working voxel w is the mean of `pool` voxels of the frame; a voxel r of the resampled scan lies at (r + 1/2) x `wanted` mm from the
 * outer edge of the file's kept voxels.
 *
 * @param affine of the file, 4 x 4, voxel -> RAS mm
 * @param geometry of the file, from `geometryOf`
 * @param further average pooling after the working grid, along i, j, k
 */
export function workingAffine(
  affine: readonly (readonly number[])[],
  { pool, offsets, spacing, wanted, first }: Geometry,
  further: readonly number[] = [1, 1, 1],
): number[][] {
  const scale = pool.map((n, a) => (n * further[a] * wanted[a]) / spacing[a]);
  const start = pool.map((n, a) => ((n * further[a]) / 2 - offsets[a]) * (wanted[a] / spacing[a]) - 0.5 + first[a]);
  return affine.map((row) => [
    ...scale.map((s, a) => row[a] * s),
    row[3] + start.reduce((sum, s, a) => sum + row[a] * s, 0),
  ]);
}
