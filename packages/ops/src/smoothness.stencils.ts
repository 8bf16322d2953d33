import type { Vector3 } from './validate';

/** A finite difference: where its values lie, in voxels along D, H, W from the first, and their weights. */
export interface Stencil {
  readonly places: readonly Vector3[];
  readonly weights: readonly number[];
  /** Factor of the mean of its squares. */
  readonly factor: number;
}

/** How much each difference counts, see `smoothness`. */
export interface SmoothnessWeights {
  readonly diffusion: number;
  readonly bending: number;
  /** Factors of the differences along D, H, W. */
  readonly scale: Vector3;
}

const along = (axis: number, steps: number): Vector3 => [0, 1, 2].map((a) => (a === axis ? steps : 0)) as Vector3;

/** The differences that a field of that size has; an axis that is too short for one has none. */
export function stencilsOf(size: readonly number[], { diffusion, bending, scale }: SmoothnessWeights): Stencil[] {
  const axes = [0, 1, 2];
  const first = axes
    .filter((axis) => size[axis] > 1)
    .map((axis) => ({
      places: [along(axis, 0), along(axis, 1)],
      weights: [-scale[axis], scale[axis]],
      factor: diffusion,
    }));
  const second = axes
    .filter((axis) => size[axis] > 2)
    .map((axis) => ({
      places: [along(axis, 0), along(axis, 1), along(axis, 2)],
      weights: [1, -2, 1].map((weight) => weight * scale[axis] ** 2),
      factor: bending,
    }));
  const mixed = axes.flatMap((a) =>
    axes
      .filter((b) => b > a && size[a] > 1 && size[b] > 1)
      .map((b) => ({
        places: [along(a, 0), along(a, 1), along(b, 1), along(a, 1).map((n, i) => n + along(b, 1)[i]) as Vector3],
        weights: [1, -1, -1, 1].map((weight) => weight * scale[a] * scale[b]),
        factor: 2 * bending,
      })),
  );
  return [...first, ...second, ...mixed].filter(({ factor }) => factor !== 0);
}

/** How far a stencil reaches along each axis. */
export const reachOf = ({ places }: Stencil): Vector3 =>
  [0, 1, 2].map((axis) => Math.max(...places.map((place) => place[axis]))) as Vector3;
