import { averagePool } from '../data/frame';
import type { Size3 } from '../data/types';
import { standardised } from '../correlation';

/**
 * Images as one vector of length 1 and mean 0 to compare pairs by: averaged over cells, so that no axis has more than `most`
 * voxels, one behind the other. The inner product of two such vectors is a correlation that forgives small shifts.
 *
 * @param images row-major i, j, k of `size`
 */
export function coarseVector(images: readonly Float32Array[], size: Size3, most: number): Float32Array {
  const pool = size.map((n) => smallestDivisor(n, most)) as unknown as Size3;
  const small = images.map((image) => averagePool(image, size, pool));
  const all = new Float32Array(small.reduce((sum, { length }) => sum + length, 0));
  small.forEach((image, n) => all.set(image, n * image.length));
  return standardised(all);
}

/** The smallest divisor of n that leaves `most` or less. */
function smallestDivisor(n: number, most: number): number {
  let divisor = Math.ceil(n / most);
  while (n % divisor !== 0) divisor++;
  return divisor;
}
