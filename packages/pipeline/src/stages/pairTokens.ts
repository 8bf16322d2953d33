import type { HostDisplacement } from '@paired3d/registration';
import type { VqAutoencoder } from '@paired3d/vqae';
import { noAugmentation, type Augmentation } from '../data/augment';
import type { PreparedPair } from '../data/types';
import type { MotionConfig } from '../motion/motionCode';
import { IMAGES_WITH_MOTION, placeMotion } from '../motion/motionGrid';
import { motionTokens } from '../motion/motionTokens';
import { tokenizePair } from './pairCoder';
import { drawnTensor, pairTensor } from './pairs';

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
 * The tokens of a pair, as it is or augmented: of both scans, or with a motion of the fixed scan and of the velocity.
 * @param index of the pair
 * @throws the signal's reason when aborted
 */
export async function pairTokens(
  model: VqAutoencoder,
  { pairs, velocities }: TokenSources,
  index: number,
  {
    motion,
    draw,
    signal,
  }: {
    readonly motion: MotionConfig | null;
    /** the augmentation; none leaves the pair as it is */
    readonly draw?: Augmentation;
    readonly signal?: AbortSignal;
  },
): Promise<TokenGrid> {
  const pair = pairs[index];
  const whole = draw ? drawnTensor(pair, draw) : pairTensor(pair);
  const coded = await tokenizePair(model, whole, { signal }).finally(() => whole.dispose());
  const [images, ...cells] = coded.shape.slice(1) as unknown as TokenGrid['grid'];
  const tokens = ((await coded.data()) as Int32Array).slice();
  coded.dispose();
  if (!motion) return { grid: [images, ...cells], tokens };
  const place = { cells, extent: pair.extent, config: motion };
  const codes = await motionTokens(velocities![index], draw ?? noAugmentation(pair.size), place);
  const fixed = tokens.subarray(0, tokens.length / images);
  const layout = { codes: model.config.codes, cells, config: motion };
  return { grid: [IMAGES_WITH_MOTION, ...cells], tokens: placeMotion(fixed, codes, layout) };
}
