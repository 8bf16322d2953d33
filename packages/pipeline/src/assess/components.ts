import type { Size3 } from '../data/types';
import { CENTRE, PaddedMask } from './neighbourhood';

/**
 * Voxels of each 26-connected component of a mask, largest first.
 * @param mask row-major i, j, k; every value but 0 is object
 */
export function componentSizes(mask: ArrayLike<number>, size: Size3): number[] {
  const padded = new PaddedMask(mask, size);
  const { data, offsets } = padded;
  const sizes: number[] = [];
  for (const start of padded.object()) {
    if (!data[start]) continue;
    data[start] = 0;
    const found = [start];
    for (let next = 0; next < found.length; next++) {
      for (let n = 0; n < 27; n++) {
        const at = found[next] + offsets[n];
        if (n === CENTRE || !data[at]) continue;
        data[at] = 0;
        found.push(at);
      }
    }
    sizes.push(found.length);
  }
  return sizes.sort((a, b) => b - a);
}
