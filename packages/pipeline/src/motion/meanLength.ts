import type { Size3 } from '../data/types';

/** Mean length in mm of normalised vectors [n, 3] along x, y, z = k, j, i; `extent` is what their grid covers along i, j, k. */
export function meanLength(vectors: ArrayLike<number>, [i, j, k]: Size3): number {
  let sum = 0;
  for (let at = 0; at < vectors.length; at += 3) {
    sum += Math.hypot((vectors[at] * k) / 2, (vectors[at + 1] * j) / 2, (vectors[at + 2] * i) / 2);
  }
  return (3 * sum) / vectors.length;
}
