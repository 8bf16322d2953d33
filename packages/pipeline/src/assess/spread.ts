import type { PreparedPair } from '../data/types';
import { coarseVector } from './coarse';
import { inner } from '../correlation';

/** Voxels along an axis at most, where pairs are compared with each other. */
const VOXELS = 32;

/**
 * How different pairs are from one another: the mean of 1 - NCC over all twos of them, fixed and moving scans together, on
 * a grid of 32 voxels an axis or less. 0: all the same; 1: unrelated. Undefined for fewer than two pairs.
 */
export function spreadOf(pairs: readonly Pick<PreparedPair, 'fixed' | 'moving' | 'size'>[]): number | undefined {
  const vectors = pairs.map(({ fixed, moving, size }) => coarseVector([fixed, moving], size, VOXELS));
  let [sum, count] = [0, 0];
  for (const [n, a] of vectors.entries()) {
    for (const b of vectors.slice(n + 1)) {
      sum += 1 - inner(a, b);
      count++;
    }
  }
  return count > 0 ? sum / count : undefined;
}
