import type { Size3 } from '../data/types';

/** A mask of the voxels for which `inside` holds. */
export function shape([I, J, K]: Size3, inside: (i: number, j: number, k: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: I * J * K }, (_, v) =>
    inside(Math.floor(v / (J * K)), Math.floor(v / K) % J, v % K) ? 1 : 0,
  );
}

/** A mask of the voxels that straight lines between points pass through, thickened to `radius` voxels. */
export function strokes(size: Size3, lines: readonly (readonly [from: Size3, to: Size3])[], radius = 0): Uint8Array {
  const points = lines.flatMap(([from, to]) => {
    const steps = Math.max(...from.map((x, axis) => Math.abs(to[axis] - x)), 1);
    return Array.from({ length: steps + 1 }, (_, n) => from.map((x, a) => Math.round(x + (n / steps) * (to[a] - x))));
  });
  return shape(size, (...voxel) =>
    points.some((point) => point.reduce((sum, x, axis) => sum + (x - voxel[axis]) ** 2, 0) <= radius ** 2),
  );
}

/** How many voxels are set. */
export const countOf = (mask: ArrayLike<number>): number =>
  Array.from(mask).reduce((sum, value) => sum + (value ? 1 : 0), 0);
