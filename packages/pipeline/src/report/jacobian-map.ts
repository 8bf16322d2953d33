import { FIXED_INK, MOVING_INK, PAPER, enlarge, type Plane, type RgbaImage } from './projection';
import { cutValues, middleCut } from './slice';
import type { ReportSize } from './types';

/** Where the deformation folds. */
export const FOLD_INK = [200, 16, 46] as const;
/** The map is at full ink where volume is halved or doubled. */
const FULL = 1;

/**
 * A map of the Jacobian determinant on a cut through the middle: paper where volume is kept, blue where it shrinks, orange
 * where it grows, in steps of the logarithm, and red where the deformation folds.
 *
 * @param determinants `[I, J, K]`, 1 = volume is kept, 0 or less = folded
 * @param options.target the longer side is enlarged by the largest whole factor that keeps it within so many pixels
 */
export function jacobianMap(
  determinants: Float32Array,
  size: ReportSize,
  options: { readonly plane?: Plane; readonly target?: number } = {},
): RgbaImage {
  const { plane = 'coronal', target = 256 } = options;
  const cut = cutValues(determinants, middleCut(size, plane));
  const factor = Math.max(1, Math.floor(target / Math.max(cut.width, cut.height)));
  const tones = enlarge({ ...cut, values: cut.values.map(tone) }, factor);
  const { width, height } = tones;
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const folded = !(cut.values[Math.floor(y / factor) * cut.width + Math.floor(x / factor)] > 0);
      data.set(folded ? FOLD_INK : colour(2 * tones.values[at] - 1), 4 * at);
      data[4 * at + 3] = 255;
    }
  }
  return { width, height, data };
}

/** log2 of a determinant from [-FULL, FULL] to [0, 1]. */
function tone(determinant: number): number {
  const logarithm = determinant > 0 ? Math.log2(determinant) / FULL : -1;
  return (Math.min(1, Math.max(-1, logarithm)) + 1) / 2;
}

/** -1 = blue, 0 = paper, 1 = orange. */
function colour(value: number): number[] {
  const ink = value < 0 ? FIXED_INK : MOVING_INK;
  return PAPER.map((paper, channel) => paper + Math.abs(value) * (ink[channel] - paper));
}
