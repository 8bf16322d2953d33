import type { Random } from '@paired3d/nn';
import type { Size3 } from '../types';

/** A point or vector in mm along i, j, k; the origin is the centre of the grid. */
export type Point = readonly [number, number, number];

/**
 * One lung: an ellipsoid with a pointed apex (towards high k) and a flat base, as in `(lr / a)^2 + (ap / b)^2 < s(u)`
 * where u runs from -1 at the base to 1 at the apex.
 */
export interface Lung {
  centre: Point;
  /** Half axes in mm along i, j, k. */
  half: Point;
  /** Where the vessels enter, on the side of the other lung. */
  hilum: Point;
}

const WIDEST = -0.35;

/** Two lungs in a grid of `extent` mm: side by side along i, in 2D (one voxel along i) along j. */
export function twoLungs(extent: Size3, flat: boolean): Lung[] {
  const side = flat ? 1 : 0;
  const half: [number, number, number] = [0.19 * extent[0], 0.37 * extent[1], 0.39 * extent[2]];
  half[side] = 0.19 * extent[side];
  if (flat) half[0] = 0;
  return [-1, 1].map((sign) => {
    const centre: [number, number, number] = [0, 0, 0];
    const hilum: [number, number, number] = [0, 0, 0];
    centre[side] = sign * 0.225 * extent[side];
    hilum[side] = centre[side] - sign * 0.85 * half[side];
    return { centre, half, hilum };
  });
}

/** Whether a point lies inside a lung. */
export function isInside(lung: Lung, p: Point): boolean {
  const u = (p[2] - lung.centre[2]) / lung.half[2];
  if (Math.abs(u) >= 1) return false;
  const section = u > WIDEST ? 1 - ((u - WIDEST) / (1 - WIDEST)) ** 2 : 1 - ((WIDEST - u) / (1 + WIDEST)) ** 4;
  let sum = 0;
  for (let a = 0; a < 2; a++) if (lung.half[a] > 0) sum += ((p[a] - lung.centre[a]) / lung.half[a]) ** 2;
  return sum < section;
}

/**
 * Points that fill a lung, no two closer than `distance` mm, drawn one by one until no more are found
 * (Poisson-disc sampling by dart throwing).
 */
export function fillLung(lung: Lung, distance: number, random: Random): Point[] {
  const points: Point[] = [];
  const draw = (a: number) => lung.centre[a] + (2 * random.uniform() - 1) * lung.half[a];
  for (let misses = 0; misses < 150;) {
    const p: Point = [draw(0), draw(1), draw(2)];
    if (!isInside(lung, p)) continue;
    if (points.some((q) => (p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2 + (p[2] - q[2]) ** 2 < distance ** 2)) misses++;
    else points.push(p);
  }
  return points;
}
