import { sample, type Denoiser, type GibbsOptions, type SampleOptions } from '@paired3d/absorbing-diffusion';
import { Random } from '@paired3d/nn';
import type { VqAutoencoder } from '@paired3d/vqae';
import * as tf from '@tensorflow/tfjs-core';
import type { Size3 } from '../data/types';
import { PipelineError } from '../errors';
import { motionCodes, type MotionConfig } from '../motion/motionCode';
import { takeMotion } from '../motion/motionGrid';
import { moveScan } from '../motion/moveScan';
import { pause } from '../pause';
import { decodePair } from './pairCoder';
import { readPair } from './pairs';
import { sharpened } from './sharpen';

/** The image of a pair's tokens that the fixed scan has. */
const FIXED = 0;

/** Probabilities of the foreground labels of a sampled pair, each [i, j, k, label] row-major. */
export interface SyntheticPair {
  readonly size: Size3;
  readonly fixed: Float32Array;
  readonly moving: Float32Array;
}

/** A real pair of which a synthetic one keeps something. */
export interface GivenPair {
  /** of the whole pair, [images, d, h, w] row-major */
  readonly tokens: ArrayLike<number>;
  /** shares of the tokens that are kept, of the fixed scan and of the moving one or the motion */
  readonly shares: { readonly fixed: number; readonly moving: number };
  /** the fixed scan itself, [I, J, K] row-major, to be used instead of its decoded tokens when all of them are kept */
  readonly fixed: Float32Array;
}

/** Settings of `samplePair`. */
export interface SamplePairOptions extends Omit<SampleOptions, 'given' | 'first' | 'gibbs' | 'onStep' | 'schedule'> {
  /** number of the sample */
  readonly index: number;
  readonly schedule?: Extract<SampleOptions['schedule'], string>;
  /** `linear` in a pair of two scans */
  readonly motionSchedule?: Extract<SampleOptions['schedule'], string>;
  /** for a denoiser whose second image is motion: how that is coded, and the mm that the grid covers along i, j, k */
  readonly motion?: { readonly config: MotionConfig; readonly extent: Size3 };
  readonly given?: GivenPair;
  /** passes that draw scans again; tokens of motion stay */
  readonly gibbs?: Omit<GibbsOptions, 'images'> | null;
  /** factor of the log odds of decoded scans; 1 by default */
  readonly sharpness?: number;
}

/**
 * Sample number `index` of a seed, decoded.
 * @throws PipelineError when the denoiser was trained with motion and none is given, or the other way round
 */
export async function samplePair(
  denoiser: Denoiser,
  vqae: VqAutoencoder,
  options: SamplePairOptions,
): Promise<SyntheticPair> {
  const {
    index,
    motion,
    given,
    gibbs,
    schedule = 'linear',
    motionSchedule = 'geometric',
    sharpness = 1,
    ...settings
  } = options;
  const { signal } = settings;
  checkCodes(denoiser, vqae, motion?.config);
  const kept = given && keptTokens(denoiser, given, Random.of(options.seed, 'given', index));
  const [tokens] = await sample(denoiser, 1, {
    ...settings,
    schedule: motion ? [schedule, motionSchedule, motionSchedule] : schedule,
    gibbs: gibbs ? { ...gibbs, images: motion && [FIXED] } : undefined,
    given: kept && [kept],
    first: index,
    onStep: pause,
  });
  const [images, ...cells] = denoiser.config.grid;
  const sharp = (scan: Float32Array) => sharpened(scan, sharpness, vqae.labels);
  if (!motion) {
    const { size, fixed, moving } = await decoded(vqae, tokens, [images, ...cells], signal);
    return { size, fixed: sharp(fixed), moving: sharp(moving) };
  }
  const perImage = tokens.length / images;
  // An autoencoder of pairs decodes two scans: the fixed one twice.
  const scans = new Int32Array(2 * perImage);
  for (const at of [0, perImage]) scans.set(tokens.subarray(0, perImage), at);
  const pair = await decoded(vqae, scans, [2, ...cells], signal);
  const real = given && given.shares.fixed === 1;
  const fixed = real ? given.fixed : pair.fixed;
  const codes = takeMotion(tokens, { codes: vqae.config.codes, cells, config: motion.config });
  const moving = tf.tidy(() => moveScan(tf.tensor5d(fixed, [1, ...pair.size, 1]), codes, { cells, ...motion }));
  const data = (await moving.data()) as Float32Array;
  moving.dispose();
  if (real) return { size: pair.size, fixed, moving: data };
  // Moved first: interpolation blurs what is sharp.
  return { size: pair.size, fixed: sharp(fixed), moving: sharp(data) };
}

/** Decodes tokens of two scans. */
async function decoded(
  vqae: VqAutoencoder,
  tokens: Int32Array,
  grid: readonly [number, number, number, number],
  signal: AbortSignal | undefined,
): Promise<SyntheticPair> {
  const tensor = tf.tensor5d(tokens, [1, ...grid], 'int32');
  const pair = await decodePair(vqae, tensor, { signal }).finally(() => tensor.dispose());
  const [, i, j, k] = pair.shape;
  const [fixed, moving] = await readPair(pair);
  pair.dispose();
  return { size: [i, j, k], fixed, moving };
}

/** The tokens that are kept, chosen at random, and the mask id where others are to be sampled. */
function keptTokens({ config, maskId }: Denoiser, { tokens, shares }: GivenPair, random: Random): Int32Array {
  const perImage = tokens.length / config.grid[0];
  return Int32Array.from(tokens, (token, at) => {
    const share = at < perImage ? shares.fixed : shares.moving;
    return random.uniform() < share ? token : maskId;
  });
}

function checkCodes({ config }: Denoiser, vqae: VqAutoencoder, motion: MotionConfig | undefined): void {
  const codes = vqae.config.codes + (motion ? motionCodes(motion) : 0);
  if (config.codes === codes) return;
  throw new PipelineError({
    where: 'diffusion model',
    expected: `${codes} codes, those of the autoencoder${motion ? ' and of motion' : ' alone'}`,
    got: `${config.codes}`,
    advice: 'use the configuration (motion) and the autoencoder that it was trained with',
  });
}
