import type { Size3 } from '../data/types';
import { product } from './floats';

/**
 * Floats of an augmented pair (`drawnTensor`), while its second scan is warped: its grid of three channels, its image, both
 * results.
 * @param fine grid on which scans are warped before they are pooled, where there is one: the displacement is enlarged to it
 * axis by axis, and with several labels points are made of that
 */
export function augmentationFloats(size: Size3, labels: number, fine?: Size3): number {
  const working = product(size);
  if (!fine) return (3 + 3 * labels) * working;
  const enlarged = 3 + 3 / 2 + 3 / 4;
  const sampled = 9 + labels;
  return (9 + labels) * working + (labels + (labels === 1 ? enlarged : sampled)) * product(fine);
}
