import type { GreyImage, Plane } from './projection';
import type { ReportSize } from './types';

/** A cut through the middle of a volume: its picture's axes as `project` has them, and where its voxels are. */
export interface Cut {
  readonly width: number;
  readonly height: number;
  /** Index of the voxel at x, y of the picture. */
  readonly voxel: (x: number, y: number) => number;
  /** Axes of the volume along x and y of the picture. */
  readonly axes: readonly [number, number];
  /** Whether y runs against its axis: the head is up. */
  readonly upright: boolean;
}

/** The cut through the middle of a volume `[I, J, K]`; `[1, H, W]` is a picture already. */
export function middleCut([I, J, K]: ReportSize, plane: Plane): Cut {
  if (I === 1) return { width: K, height: J, voxel: (x, y) => y * K + x, axes: [2, 1], upright: false };
  const [axis, width] = plane === 'coronal' ? [0, I] : [1, J];
  const start = plane === 'coronal' ? Math.floor(J / 2) * K : Math.floor(I / 2) * J * K;
  const step = plane === 'coronal' ? J * K : K;
  return { width, height: K, voxel: (x, y) => start + x * step + (K - 1 - y), axes: [axis, 2], upright: true };
}

/** The values on a cut. */
export function cutValues(values: ArrayLike<number>, { width, height, voxel }: Cut): GreyImage {
  const picture = new Float32Array(width * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) picture[y * width + x] = values[voxel(x, y)];
  return { width, height, values: picture };
}
