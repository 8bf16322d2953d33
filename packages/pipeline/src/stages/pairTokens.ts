import type { HostDisplacement } from '@paired3d/registration';
import type { VqAutoencoder } from '@paired3d/vqae';
import * as tf from '@tensorflow/tfjs-core';
import { noAugmentation, type Augmentation } from '../data/augment';
import type { PreparedPair } from '../data/types';
import type { MotionConfig } from '../motion/motionCode';
import { IMAGES_WITH_MOTION, placeMotion } from '../motion/motionGrid';
import { motionTokens } from '../motion/motionTokens';
import { tokenizePair } from './pairCoder';
import { drawnScan, drawnTensor, pairTensor } from './pairs';

/** What token grids are made of: pairs and, where tokens stand for motion, their velocities. */
export interface TokenSources {
  readonly pairs: readonly PreparedPair[];
  /** normalised, in the order of the pairs */
  readonly velocities?: readonly HostDisplacement[];
}

/** A token grid [images, d, h, w], row-major. */
export interface TokenGrid {
  readonly grid: readonly [number, number, number, number];
  readonly tokens: Int32Array;
}

/**
 * The tokens of a pair under each of some augmentations: of both scans, or with a motion of the fixed scan and of the velocity.
 * @param index of the pair
 * @throws the signal's reason when aborted
 */
export async function pairTokens(
  model: VqAutoencoder,
  sources: TokenSources,
  index: number,
  {
    motion,
    draws,
    signal,
  }: {
    readonly motion: MotionConfig | null;
    /** undefined: the pair as it is */
    readonly draws: readonly (Augmentation | undefined)[];
    readonly signal?: AbortSignal;
  },
): Promise<TokenGrid[]> {
  const pair = sources.pairs[index];
  const coder = { model, signal };
  if (motion) return withMotion(coder, pair, sources.velocities![index], draws, motion);
  const grids: TokenGrid[] = [];
  for (const draw of draws) grids.push(await tokensOf(coder, draw ? drawnTensor(pair, draw) : pairTensor(pair)));
  return grids;
}

interface Coder {
  readonly model: VqAutoencoder;
  readonly signal?: AbortSignal;
}

/** The moving scan is not needed: two fixed scans at a time go through the autoencoder, in the place of a pair. */
async function withMotion(
  coder: Coder,
  pair: PreparedPair,
  velocity: HostDisplacement,
  draws: readonly (Augmentation | undefined)[],
  config: MotionConfig,
): Promise<TokenGrid[]> {
  const drawn = draws.map((draw) => draw ?? noAugmentation(pair.size));
  const grids: TokenGrid[] = [];
  for (let at = 0; at < drawn.length; at += 2) {
    const two = drawn.slice(at, at + 2);
    const scans = tf.tidy(() => {
      const first = drawnScan(pair, two[0], 'fixed');
      return tf.concat([first, two.length > 1 ? drawnScan(pair, two[1], 'fixed') : first], 4);
    });
    const { grid, tokens } = await tokensOf(coder, scans);
    const [images, ...cells] = grid;
    const length = tokens.length / images;
    for (const [i, draw] of two.entries()) {
      const codes = await motionTokens(velocity, draw, { cells, extent: pair.extent, config });
      const layout = { codes: coder.model.config.codes, cells, config };
      const fixed = tokens.subarray(i * length, (i + 1) * length);
      grids.push({ grid: [IMAGES_WITH_MOTION, ...cells], tokens: placeMotion(fixed, codes, layout) });
    }
  }
  return grids;
}

/** The tokens of a pair, which is disposed. */
async function tokensOf({ model, signal }: Coder, pair: tf.Tensor5D): Promise<TokenGrid> {
  const coded = await tokenizePair(model, pair, { signal }).finally(() => pair.dispose());
  const grid = coded.shape.slice(1) as unknown as TokenGrid['grid'];
  const tokens = ((await coded.data()) as Int32Array).slice();
  coded.dispose();
  return { grid, tokens };
}
