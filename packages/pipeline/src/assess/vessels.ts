import type { Size3 } from '../data/types';
import { measureCentreline } from './centreline';
import { componentSizes } from './components';
import { distanceToBackground } from './distanceTransform';
import { skeleton } from './thinning';

/** What the vessels of one scan measure. */
export interface VesselStatistics {
  /** Part of the grid that is vessel. */
  readonly volumeFraction: number;
  /** 26-connected components. */
  readonly components: number;
  /** mm, mean diameter along the centrelines. */
  readonly thickness: number;
  /** Branch points for each cm of centreline. */
  readonly branching: number;
}

/**
 * Measures the vessels of a mask.
 *
 * The diameter at a voxel of the centreline is 2 d - h: d to the nearest background voxel, centre to centre, and half a voxel
 * less to the wall on either side; h is the mean edge of a voxel.
 *
 * @param mask row-major i, j, k; every value but 0 is vessel
 * @param spacing mm a voxel along i, j, k
 */
export function vesselStatistics(mask: ArrayLike<number>, size: Size3, spacing: Size3): VesselStatistics {
  const sizes = componentSizes(mask, size);
  const centreline = skeleton(mask, size);
  const { length, branchPoints } = measureCentreline(centreline, size, spacing);
  const distance = distanceToBackground(mask, size, spacing);
  const axes = [0, 1, 2].filter((axis) => size[axis] > 1);
  const edge = axes.reduce((sum, axis) => sum + spacing[axis], 0) / Math.max(1, axes.length);
  let [diameters, voxels] = [0, 0];
  centreline.forEach((on, v) => {
    if (!on || distance[v] === Infinity) return;
    diameters += 2 * distance[v] - edge;
    voxels++;
  });
  return {
    volumeFraction: sizes.reduce((sum, n) => sum + n, 0) / mask.length,
    components: sizes.length,
    thickness: voxels > 0 ? diameters / voxels : 0,
    branching: length > 0 ? (10 * branchPoints) / length : 0,
  };
}
