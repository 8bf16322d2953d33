import type { Size3 } from '../data/types';
import type { RunConfig } from '../run/config';
import { meanLength } from './meanLength';

/**
 * How motion is made of tokens: `motion` of the configuration. Gain and shape are coded apart (Gersho & Gray, 1992, section 12.10):
 * one token says how far a pair moves, the others how the blocks share in it. Neither then depends much on the other, so that
 * draws of many blocks at a time, which agree on little, still move as far as one breath does.
 */
export type MotionConfig = NonNullable<RunConfig['motion']>;

/** Spread of the components of a shape, in gains, that code vectors are scaled by. */
const SPREAD = 0.8;

/** Number of codes of shape: every combination of levels. They come first, those of gain behind them. */
export const shapeCodes = ({ levels: [x, y, z] }: Pick<MotionConfig, 'levels'>): number => x * y * z;

/** Number of codes of shape and gain. */
export const motionCodes = (config: Pick<MotionConfig, 'levels' | 'gain'>): number =>
  shapeCodes(config) + config.gain.levels;

/** Values of a code vector of motion, see `motionVectors`. */
export const MOTION_DIM = 5;

/** The tokens of a motion. */
export interface MotionTokens {
  /** of each block, row-major */
  readonly shape: ArrayLike<number>;
  readonly gain: number;
}

/**
 * Velocities to codes: the gain, their mean length, is rounded to one of its levels; then each component of the blocks is
 * rounded to a multiple of `step` gains. Both are held within their levels.
 * @param velocity [n, 3] normalised, x, y, z, of all cells
 * @param blocks the same of the blocks that have tokens, row-major
 * @param extent mm along i, j, k of what is normalised
 */
export function encodeMotion(
  velocity: Float32Array,
  blocks: Float32Array,
  extent: Size3,
  config: MotionConfig,
): MotionTokens {
  const { levels, step } = config;
  const gain = encodeGain(meanLength(velocity, extent), config);
  const unit = step * gainOf(gain, config);
  const shape = new Int32Array(blocks.length / 3);
  for (let n = 0; n < shape.length; n++) {
    for (let c = 0; c < 3; c++) {
      const most = (levels[c] - 1) / 2;
      const steps = Math.round((blocks[3 * n + c] * extent[2 - c]) / 2 / unit);
      shape[n] = shape[n] * levels[c] + Math.min(Math.max(steps, -most), most) + most;
    }
  }
  return { shape, gain };
}

/**
 * The velocities of blocks, [n, 3] normalised, that codes of shape stand for under a gain of 1 mm. Interpolated, and scaled so that
 * their mean length is `gainOf`, they are the motion.
 */
export function decodeShape(shape: ArrayLike<number>, extent: Size3, config: MotionConfig): Float32Array {
  return shapeSteps(shape, config).map((steps, at) => (2 * steps * config.step) / extent[2 - (at % 3)]);
}

/** Levels of gain are as far apart, by ratio, from `least` to `most` mm. */
const gainRatio = ({ least, most, levels }: MotionConfig['gain']) => Math.log(most / least) / Math.max(levels - 1, 1);

function encodeGain(mm: number, config: MotionConfig): number {
  const { least, levels } = config.gain;
  const level = Math.round(Math.log(Math.max(mm, least) / least) / gainRatio(config.gain));
  return shapeCodes(config) + Math.min(level, levels - 1);
}

/** The mean length in mm that a code of gain stands for. */
export function gainOf(code: number, config: MotionConfig): number {
  return config.gain.least * Math.exp(gainRatio(config.gain) * (code - shapeCodes(config)));
}

/** The components of codes of shape, [n, 3], in steps. */
function shapeSteps(shape: ArrayLike<number>, { levels }: Pick<MotionConfig, 'levels'>): Float32Array {
  const steps = new Float32Array(3 * shape.length);
  for (let n = 0; n < shape.length; n++) {
    let rest = shape[n];
    for (let c = 2; c >= 0; c--) {
      steps[3 * n + c] = (rest % levels[c]) - (levels[c] - 1) / 2;
      rest = Math.floor(rest / levels[c]);
    }
  }
  return steps;
}

/**
 * What a denoiser is told of each code: of a shape its components and their square, of a gain its level. Logits that are linear in
 * a component and the square can be those of a normal distribution around any shape.
 * @returns [codes, MOTION_DIM] of about unit mean square
 */
export function motionVectors(config: MotionConfig): Float32Array {
  const count = shapeCodes(config);
  const vectors = new Float32Array(MOTION_DIM * motionCodes(config));
  const components = shapeSteps(
    Array.from({ length: count }, (_, code) => code),
    config,
  ).map((n) => (n * config.step) / SPREAD);
  for (let code = 0; code < count; code++) {
    const [x, y, z] = components.subarray(3 * code, 3 * code + 3);
    vectors.set([x, y, z, (x * x + y * y + z * z) / 3], MOTION_DIM * code);
  }
  const { levels } = config.gain;
  for (let level = 0; level < levels; level++) {
    vectors[MOTION_DIM * (count + level) + 4] = (2 * (level + 1)) / levels;
  }
  return vectors;
}
