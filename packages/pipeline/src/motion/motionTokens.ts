import type { HostDisplacement } from '@paired3d/registration';
import type { Augmentation } from '../data/augment';
import type { Size3 } from '../data/types';
import { cellVelocity } from './cellVelocity';
import { fitGrid } from './fitGrid';
import { encodeMotion, type MotionConfig, type MotionTokens } from './motionCode';
import { motionGrid } from './motionGrid';

/**
 * The tokens of how an augmented pair moves: of the velocities of its cells the gain, and of the blocks that fit them the shape.
 * @param velocity of the pair as it is, normalised
 * @param cells of the autoencoder, along i, j, k
 * @param extent mm along i, j, k of what is normalised
 */
export async function motionTokens(
  velocity: HostDisplacement,
  draw: Augmentation,
  { cells, extent, config }: { readonly cells: Size3; readonly extent: Size3; readonly config: MotionConfig },
): Promise<MotionTokens> {
  const ofCells = await cellVelocity(velocity, draw, cells);
  return encodeMotion(ofCells, fitGrid(ofCells, cells, motionGrid(cells, config)), extent, config);
}
