import type { HostDisplacement } from '@paired3d/registration';
import type { Size3 } from '../data/types';

/** Normalised cross correlation of two images over all voxels; 0 when one of them is even. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const mean = (x: ArrayLike<number>) => {
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += x[i];
    return sum / x.length;
  };
  const [meanA, meanB] = [mean(a), mean(b)];
  let [both, squareA, squareB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] - meanA, b[i] - meanB];
    both += x * y;
    squareA += x * x;
    squareB += y * y;
  }
  return squareA * squareB > 0 ? both / Math.sqrt(squareA * squareB) : 0;
}

/** Mean length of a displacement over its grid in millimetres; `extent` is what the grid covers along i, j, k. */
export function meanDisplacement({ data }: HostDisplacement, [i, j, k]: Size3): number {
  let sum = 0;
  for (let at = 0; at < data.length; at += 3) {
    sum += Math.hypot((data[at] * k) / 2, (data[at + 1] * j) / 2, (data[at + 2] * i) / 2);
  }
  return (3 * sum) / data.length;
}
