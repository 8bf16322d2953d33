import type { Size3 } from '../data/types';
import type { RunConfig } from '../run/config';

/** How motion is made of tokens: `motion` of the configuration. */
export type MotionConfig = NonNullable<RunConfig['motion']>;

/** Spread of velocities, in steps, that code vectors are scaled by. */
const SPREAD = 2;

/** Number of codes: every combination of levels. */
export const motionCodes = ({ levels: [x, y, z] }: Pick<MotionConfig, 'levels'>): number => x * y * z;

/** Values of a code vector of motion, see `motionVectors`. */
export const MOTION_DIM = 4;

/**
 * Velocities to codes: each component is rounded to a multiple of `step`, and held within its levels.
 * @param velocity [n, 3] normalised, x, y, z
 * @param extent mm along i, j, k of what is normalised
 * @returns codes [n], the levels of z fastest
 */
export function encodeMotion(velocity: Float32Array, extent: Size3, { levels, step }: MotionConfig): Int32Array {
  const codes = new Int32Array(velocity.length / 3);
  for (let n = 0; n < codes.length; n++) {
    for (let c = 0; c < 3; c++) {
      const most = (levels[c] - 1) / 2;
      const steps = Math.round((velocity[3 * n + c] * extent[2 - c]) / 2 / step);
      codes[n] = codes[n] * levels[c] + Math.min(Math.max(steps, -most), most) + most;
    }
  }
  return codes;
}

/** The velocities of codes, [n, 3] normalised: the inverse of `encodeMotion` but for rounding. */
export function decodeMotion(codes: ArrayLike<number>, extent: Size3, { levels, step }: MotionConfig): Float32Array {
  const velocity = new Float32Array(3 * codes.length);
  for (let n = 0; n < codes.length; n++) {
    let rest = codes[n];
    for (let c = 2; c >= 0; c--) {
      const steps = (rest % levels[c]) - (levels[c] - 1) / 2;
      rest = Math.floor(rest / levels[c]);
      velocity[3 * n + c] = (2 * steps * step) / extent[2 - c];
    }
  }
  return velocity;
}

/**
 * What a denoiser is told of each code: its velocity and its square. Logits that are linear in both can be those of a normal
 * distribution around any velocity.
 * @returns [codes, MOTION_DIM] of about unit mean square
 */
export function motionVectors(config: MotionConfig): Float32Array {
  const codes = Int32Array.from({ length: motionCodes(config) }, (_, code) => code);
  // In an extent of twice the spread, normalised velocities are multiples of it.
  const extent = 2 * SPREAD * config.step;
  const velocity = decodeMotion(codes, [extent, extent, extent], config);
  const vectors = new Float32Array(MOTION_DIM * codes.length);
  for (const code of codes) {
    const [x, y, z] = velocity.subarray(3 * code, 3 * code + 3);
    vectors.set([x, y, z, (x * x + y * y + z * z) / 3], MOTION_DIM * code);
  }
  return vectors;
}
