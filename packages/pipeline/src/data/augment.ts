import { Random } from '@paired3d/nn';
import { volume } from './resample';
import type { Size3 } from './types';
import { upsampleCubic } from './upsample';

/** A random smooth field: `knots` each way, every component N(0, sd) at the knots, in normalised units. */
export interface FieldConfig {
  knots: number;
  sd: number;
}

/** How training pairs are varied; lengths in normalised units (half the grid = 1). */
export interface AugmentConfig {
  /** Standard deviation of the entries of the linear part, I + N(0, affine). */
  affine: number;
  /** Standard deviation of the translation. */
  translation: number;
  /** Field on both scans. */
  shared: FieldConfig;
  /** Field on the moving scan alone: more motion between the two. */
  moving: FieldConfig;
  /** Mirror left-right with probability 1/2: along i, in 2D (one voxel along i) along j. */
  flip: boolean;
  /** Exchange fixed and moving with probability 1/2. */
  swap: boolean;
  /**
   * Probability with which both scans of a pair are made of its fixed one: all motion is then the moving scan's own
   * field, and every structure has its counterpart (as in Hoffmann et al., SynthMorph, 2022).
   */
  self: number;
  /**
   * Probability, 0 by default, with which nothing is deformed (but mirrored, exchanged): interpolation blurs scans, and
   * the real ones are sharp.
   */
  plain?: number;
  /**
   * Standard deviation, 0 by default, of the logarithm of a factor on the pair's motion: the same breath, more or less deep. Only
   * where tokens stand for motion, since two scans cannot be moved further apart without it.
   */
  amplitude?: number;
}

/** `none` changes nothing, `full` suits the autoencoder and the diffusion model, `big` and `motion` the registration network. */
export const augmentPresets = {
  none: {
    affine: 0,
    translation: 0,
    shared: { knots: 5, sd: 0 },
    moving: { knots: 4, sd: 0 },
    flip: false,
    swap: false,
    self: 0,
  },
  full: {
    affine: 0.06,
    translation: 0.04,
    shared: { knots: 5, sd: 0.04 },
    moving: { knots: 4, sd: 0.02 },
    flip: true,
    swap: true,
    self: 0,
  },
  big: {
    affine: 0.1,
    translation: 0.04,
    shared: { knots: 5, sd: 0.06 },
    moving: { knots: 4, sd: 0.05 },
    flip: true,
    swap: true,
    self: 0,
  },
  motion: {
    affine: 0.06,
    translation: 0.04,
    shared: { knots: 5, sd: 0.05 },
    moving: { knots: 4, sd: 0.08 },
    flip: true,
    swap: true,
    self: 0.5,
  },
} as const satisfies Record<string, AugmentConfig>;

/** One draw, as plain numbers: what to sample, where. */
export interface Augmentation {
  size: Size3;
  /** Exchange the two volumes before sampling: the one at `fixed` is then the pair's moving scan. */
  swap: boolean;
  /** Sample both from the first of the two (after the exchange). */
  self: boolean;
  /** Factor of the velocity between the two. */
  amplitude: number;
  /** Sampling grid for the (new) fixed scan, `[I, J, K, 3]`, normalised x, y, z = k, j, i, `alignCorners: false`. */
  fixed: Float32Array;
  /** Sampling grid for the (new) moving scan. */
  moving: Float32Array;
}

/**
 * Draws an augmentation. With the voxel centre x, the affine A, t (mirrored or not), the shared field u and the moving
 * scan's own field w: fixed(x) = A x + t + u(x) and moving(x) = fixed(x) + w(x).
 *
 * The order of draws does not depend on the config's values, and in 2D (one voxel along i) nothing leaves the plane.
 *
 * @param size working grid
 */
export function drawAugmentation(random: Random, size: Size3, config: AugmentConfig): Augmentation {
  const flat = size[0] === 1;
  const plain = random.fork('plain').uniform() < (config.plain ?? 0);
  const [shared, own] = [config.shared, config.moving].map((field) => (plain ? { ...field, sd: 0 } : field));
  const matrix = drawAffine(random, plain ? { affine: 0, translation: 0 } : config, flat);
  const mirror = random.uniform() < 0.5 && config.flip;
  const swap = random.uniform() < 0.5 && config.swap;
  const self = random.uniform() < config.self;
  const amplitude = Math.exp(random.fork('amplitude').normal() * (config.amplitude ?? 0));
  if (mirror) for (let row = 0; row < 3; row++) matrix[4 * row + (flat ? 1 : 2)] *= -1;
  const fixed = affineGrid(matrix, size);
  addField(fixed, drawField(random, size, shared));
  const moving = fixed.slice();
  addField(moving, drawField(random, size, own));
  return { size, swap, self, amplitude, fixed, moving };
}

/** The draw that leaves a pair of a size as it is. */
export const noAugmentation = (size: Size3): Augmentation => drawAugmentation(new Random(0), size, augmentPresets.none);

/** `[3, 4]`: rows and columns x, y, z, last column the translation. */
function drawAffine(
  random: Random,
  { affine, translation }: Pick<AugmentConfig, 'affine' | 'translation'>,
  flat: boolean,
): Float64Array {
  const matrix = new Float64Array(12);
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 4; column++) {
      const draw = random.normal() * (column === 3 ? translation : affine);
      const out = flat && (row === 2 || column === 2);
      matrix[4 * row + column] = (row === column ? 1 : 0) + (out ? 0 : draw);
    }
  }
  return matrix;
}

function affineGrid(m: Float64Array, [I, J, K]: Size3): Float32Array {
  const out = new Float32Array(3 * I * J * K);
  let v = 0;
  for (let i = 0; i < I; i++) {
    const z = (2 * i + 1) / I - 1;
    for (let j = 0; j < J; j++) {
      const y = (2 * j + 1) / J - 1;
      const [x0, y0, z0] = [0, 4, 8].map((row) => m[row + 1] * y + m[row + 2] * z + m[row + 3]);
      for (let k = 0; k < K; k++) {
        const x = (2 * k + 1) / K - 1;
        out[v++] = m[0] * x + x0;
        out[v++] = m[4] * x + y0;
        out[v++] = m[8] * x + z0;
      }
    }
  }
  return out;
}

/** `[I, J, K, 3]`, or undefined where the field is zero. */
function drawField(random: Random, size: Size3, { knots, sd }: FieldConfig): Float32Array | undefined {
  const flat = size[0] === 1;
  const shape: Size3 = [flat ? 1 : knots, knots, knots];
  const values = random.normals(3 * volume(shape));
  if (sd === 0) return undefined;
  for (let n = 0; n < values.length; n++) values[n] *= flat && n % 3 === 2 ? 0 : sd;
  return upsampleCubic(values, shape, size, 3);
}

function addField(grid: Float32Array, field: Float32Array | undefined): void {
  if (field) for (let n = 0; n < grid.length; n++) grid[n] += field[n];
}
