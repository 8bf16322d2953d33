import { resize3d } from '@paired3d/ops';
import { warp, type OptimisePreset, type OptimiseRecipe } from '@paired3d/registration';
import * as tf from '@tensorflow/tfjs-core';
import type { PreparedPair } from '../data/types';
import { optimisePrepared } from '../stages/evaluate';

/** What can be aligned: two scans on one grid. */
export type Deformable = Pick<PreparedPair, 'fixed' | 'moving' | 'size' | 'extent'>;

/** A moving scan laid over its fixed one. */
export interface Aligned {
  /** On the fixed grid. */
  readonly warped: Float32Array;
  /** `[I, J, K, 3]` on the fixed grid, normalised, x, y, z = k, j, i: what pulls the moving scan. */
  readonly displacement: Float32Array;
}

/**
 * Lays the moving scan over the fixed one by instance optimisation.
 * @throws RegistrationError when a scan is the same everywhere
 */
export async function alignedImage(
  pair: Deformable,
  recipe: OptimisePreset | OptimiseRecipe,
  signal?: AbortSignal,
): Promise<Aligned> {
  const { backward } = await optimisePrepared(pair, { recipe, signal });
  const [displacement, warped] = tf.tidy(() => {
    const field = resize3d(tf.tensor5d(backward.data, [1, ...backward.size, 3]), [...pair.size]);
    return [field, warp(tf.tensor5d(pair.moving, [1, ...pair.size, 1]), field)];
  });
  const read = (await Promise.all([displacement.data(), warped.data()])) as Float32Array[];
  tf.dispose([displacement, warped]);
  return { displacement: read[0], warped: read[1] };
}
