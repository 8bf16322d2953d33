import { volume } from '../resample';
import type { Size3 } from '../types';
import type { Tree } from './tree';

/**
 * Draws the tubes of trees: the occupancy of a voxel falls from 1 to 0 over one voxel across the tube's surface, by
 * the signed distance from the voxel's centre, so that thin vessels do not alias.
 *
 * @param trees points in mm along i, j, k from the centre of the grid
 * @param points the trees' points where they are to be drawn, one array a tree
 * @returns values in [0, 1], row-major i, j, k
 */
export function renderTrees(
  trees: readonly Tree[],
  points: readonly Float64Array[],
  size: Size3,
  spacing: number,
): Float32Array {
  const out = new Float32Array(volume(size));
  trees.forEach((tree, t) => {
    for (let n = 0; n < tree.count; n++) {
      const parent = tree.parents[n];
      if (parent < 0) continue;
      const radius = tree.radii[n];
      // A side branch does not start as wide as the vessel it leaves.
      const start = Math.min(tree.radii[parent], 1.4 * radius);
      drawTube(out, size, spacing, points[t], 3 * parent, 3 * n, start, radius);
    }
  });
  return out;
}

/** One cone with round ends from point a to point b (offsets into `points`). */
function drawTube(
  out: Float32Array,
  size: Size3,
  spacing: number,
  points: Float64Array,
  a: number,
  b: number,
  radiusA: number,
  radiusB: number,
): void {
  // In voxels from here on: centre of voxel v at v.
  const p = [0, 1, 2].map((x) => points[a + x] / spacing + size[x] / 2 - 0.5);
  const d = [0, 1, 2].map((x) => (points[b + x] - points[a + x]) / spacing);
  const ra = radiusA / spacing;
  const slope = radiusB / spacing - ra;
  const reach = Math.max(ra, ra + slope) + 0.5;
  const low = (x: number) => Math.max(0, Math.ceil(p[x] + Math.min(0, d[x]) - reach));
  const high = (x: number) => Math.min(size[x] - 1, Math.floor(p[x] + Math.max(0, d[x]) + reach));
  const inverse = 1 / (d[0] * d[0] + d[1] * d[1] + d[2] * d[2] || 1);
  for (let i = low(0), lastI = high(0); i <= lastI; i++) {
    for (let j = low(1), lastJ = high(1); j <= lastJ; j++) {
      let v = (i * size[1] + j) * size[2] + low(2);
      for (let k = low(2), lastK = high(2); k <= lastK; k++, v++) {
        const x = i - p[0];
        const y = j - p[1];
        const z = k - p[2];
        const t = Math.min(1, Math.max(0, (x * d[0] + y * d[1] + z * d[2]) * inverse));
        const dx = x - t * d[0];
        const dy = y - t * d[1];
        const dz = z - t * d[2];
        const occupancy = 0.5 + ra + t * slope - Math.sqrt(dx * dx + dy * dy + dz * dz);
        if (occupancy > out[v]) out[v] = Math.min(1, occupancy);
      }
    }
  }
}
