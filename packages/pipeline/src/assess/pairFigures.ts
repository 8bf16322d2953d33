import { dice, type OptimisePreset, type OptimiseRecipe } from '@paired3d/registration';
import type { PreparedPair, Size3 } from '../data/types';
import { alignedImage } from './align';
import { correlation } from '../correlation';
import { vesselStatistics, type VesselStatistics } from './vessels';

/** What one pair measures; the vessels' figures are means of both scans. */
export interface PairFigures extends VesselStatistics {
  /** Of fixed and moving. */
  readonly dice: number;
  /** Normalised cross correlation of fixed and moving. */
  readonly ncc: number;
  /** The same once the moving scan was laid over the fixed one by instance optimisation. */
  readonly nccAfter: number;
  /** mm, mean length over the vessels of the fixed scan of the displacement that did it. */
  readonly displacement: number;
}

/** How pairs are measured. */
export interface MeasureSettings {
  /** A voxel is vessel above this value. */
  readonly threshold: number;
  /** Of the instance optimisation. */
  readonly optimise: OptimisePreset | OptimiseRecipe;
}

/** Whether there is nothing to see on a scan: no vessel, or the same value everywhere. */
export function isBlank(scan: Float32Array, threshold: number): boolean {
  return !scan.some((value) => value > threshold) || scan.every((value) => value === scan[0]);
}

/**
 * Measures a pair.
 * @throws RegistrationError when a scan is the same everywhere: see {@link isBlank}
 */
export async function pairFigures(
  pair: Pick<PreparedPair, 'fixed' | 'moving' | 'size' | 'extent'>,
  { threshold, optimise }: MeasureSettings,
  signal?: AbortSignal,
): Promise<PairFigures> {
  const { fixed, moving, size, extent } = pair;
  const spacing = size.map((n, axis) => extent[axis] / n) as unknown as Size3;
  const [a, b] = [fixed, moving].map((scan) =>
    vesselStatistics(
      scan.map((value) => (value > threshold ? 1 : 0)),
      size,
      spacing,
    ),
  );
  const { warped, displacement } = await alignedImage(pair, optimise, signal);
  return {
    volumeFraction: (a.volumeFraction + b.volumeFraction) / 2,
    components: (a.components + b.components) / 2,
    thickness: (a.thickness + b.thickness) / 2,
    branching: (a.branching + b.branching) / 2,
    dice: dice(fixed, moving, threshold),
    ncc: correlation(fixed, moving),
    nccAfter: correlation(fixed, warped),
    displacement: meanLength(displacement, extent, (v) => fixed[v] > threshold),
  };
}

/** Mean length in mm of a normalised field `[I, J, K, 3]`, x, y, z = k, j, i, over the voxels that count. */
function meanLength(field: Float32Array, extent: Size3, counts: (voxel: number) => boolean): number {
  const [z, y, x] = extent.map((mm) => mm / 2);
  let [sum, voxels] = [0, 0];
  for (let v = 0; v < field.length / 3; v++) {
    if (!counts(v)) continue;
    sum += Math.hypot(field[3 * v] * x, field[3 * v + 1] * y, field[3 * v + 2] * z);
    voxels++;
  }
  return sum / voxels;
}
