import { gaussianBlur3d, resize3d } from '@paired3d/ops';
import { OPTIMISE_PRESETS, exponential, warp } from '@paired3d/registration';
import * as tf from '@tensorflow/tfjs-core';
import type { Size3 } from '../data/types';
import { decodeMotion, type MotionConfig, type MotionTokens } from './motionCode';
import { motionGrid } from './motionGrid';

/**
 * The moving scan of a fixed one: fixed o exp(v), with the velocity that tokens of motion stand for. Registering the two
 * gives exp(v) back: it pulls the fixed scan onto the moving one, as `forward` of a registration does.
 *
 * @param fixed [1, I, J, K, 1]
 * @param cells of the autoencoder along i, j, k
 * @param extent mm along i, j, k
 * @returns [1, I, J, K, 1]
 */
export function moveScan(
  fixed: tf.Tensor5D,
  motion: MotionTokens,
  { cells, extent, config }: { readonly cells: Size3; readonly extent: Size3; readonly config: MotionConfig },
): tf.Tensor5D {
  return tf.tidy(() => {
    const [, i, j, k] = fixed.shape;
    const velocity = tf.tensor5d(decodeMotion(motion, extent, config), [1, ...motionGrid(cells, config), 3]);
    // Rounding to codes leaves steps.
    const smooth = gaussianBlur3d(velocity, config.smoothing, { padding: 'replicate' });
    const displacement = exponential(resize3d(smooth, cells), OPTIMISE_PRESETS[config.optimise].squarings);
    return warp(fixed, resize3d(displacement, [i, j, k]));
  });
}
