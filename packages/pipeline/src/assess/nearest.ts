import type { OptimiseRecipe } from '@paired3d/registration';
import type { PreparedPair, Size3 } from '../data/types';
import { coarseVector } from './coarse';
import { correlation, inner } from '../correlation';
import { alignedImage, type Deformable } from './align';

/** Voxels along an axis at most, where the nearest scan is looked for. */
const VOXELS = 16;

/**
 * How a scan is brought over its nearest neighbour: coarse and in about a second, on 16 control points. What augmentation
 * did to a copy is undone, while the vessels of another patient do not become the same.
 */
const RECIPE: OptimiseRecipe = {
  controlPoints: 16,
  squarings: 4,
  stages: [
    { resolution: 32, blur: 2, smoothing: 1.5, iterations: 15, learningRate: 2, diffusion: 0, bending: 0 },
    { resolution: 32, blur: 1, smoothing: 1, iterations: 15, learningRate: 1, diffusion: 1.2e-4, bending: 1.2e-3 },
    { resolution: 32, blur: 0.5, smoothing: 0.75, iterations: 15, learningRate: 1, diffusion: 1.2e-4, bending: 3e-3 },
  ],
};

/** A scan of a training pair, as it is or mirrored left-right, as augmentation does it. */
export interface TrainingScan {
  readonly id: string;
  readonly image: 'fixed' | 'moving';
  readonly mirrored: boolean;
}

/** The training scan that is most like another one, and how like. */
export interface Neighbour extends TrainingScan {
  /** Normalised cross correlation once the training scan has been deformed onto the other. */
  readonly overlap: number;
}

/**
 * Looks for the training scan that a scan is most like: whether it is another patient, or a training scan that was mirrored,
 * moved and deformed.
 *
 * All training scans, mirrored and not, are compared coarsely; the most like one is deformed onto the scan by a
 * coarse instance optimisation, and the correlation on the full grid is the overlap. Undefined without training pairs.
 */
export async function nearestScan(
  scan: Float32Array,
  training: readonly PreparedPair[],
  signal?: AbortSignal,
): Promise<Neighbour | undefined> {
  if (training.length === 0) return undefined;
  const { size, extent } = training[0];
  const wanted = coarseVector([scan], size, VOXELS);
  const images = training.flatMap((pair) => (['fixed', 'moving'] as const).map((image) => ({ pair, image })));
  const candidates = images.flatMap(({ pair, image }) =>
    [false, true].map((mirrored) => {
      const likeness = inner(wanted, coarseVector([scanAs(pair, { image, mirrored })], size, VOXELS));
      return { pair, image, mirrored, likeness };
    }),
  );
  const { pair, image, mirrored } = candidates.reduce((best, one) => (one.likeness > best.likeness ? one : best));
  const target: Deformable = { fixed: scan, moving: scanAs(pair, { image, mirrored }), size, extent };
  const { warped } = await alignedImage(target, RECIPE, signal);
  return { id: pair.id, image, mirrored, overlap: correlation(scan, warped) };
}

/** A scan of a pair, mirrored left-right where it is asked for: along i, in 2D (one voxel along i) along j. */
export function scanAs(pair: PreparedPair, { image, mirrored }: Omit<TrainingScan, 'id'>): Float32Array {
  return mirrored ? mirror(pair[image], pair.size) : pair[image];
}

function mirror(image: Float32Array, [I, J, K]: Size3): Float32Array {
  const [outer, n, row] = I > 1 ? [1, I, J * K] : [I, J, K];
  const out = new Float32Array(image.length);
  for (let o = 0; o < outer; o++) {
    for (let at = 0; at < n; at++) {
      const from = (o * n + at) * row;
      out.set(image.subarray(from, from + row), (o * n + n - 1 - at) * row);
    }
  }
  return out;
}
