import { gaussianBlur3d, resize3d } from '@paired3d/ops';
import { OPTIMISE_PRESETS, exponential, warp } from '@paired3d/registration';
import * as tf from '@tensorflow/tfjs-core';
import type { Size3 } from '../data/types';
import { decodeShape, gainOf, type MotionConfig, type MotionTokens } from './motionCode';
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
    const blocks = tf.tensor5d(decodeShape(motion.shape, extent, config), [1, ...motionGrid(cells, config), 3]);
    // Rounding to codes leaves steps.
    const shape = resize3d(gaussianBlur3d(blocks, config.smoothing, { padding: 'replicate' }), cells);
    const [di, dj, dk] = extent;
    const lengths = tf.norm(tf.mul(shape, [dk / 2, dj / 2, di / 2]), 'euclidean', -1);
    // Blocks that disagree have lost length by being interpolated; the gain has the last word.
    const velocity = tf.mul(
      shape,
      tf.div(gainOf(motion.gain, config), tf.maximum(tf.mean(lengths), 1e-3)),
    ) as tf.Tensor5D;
    const displacement = exponential(velocity, OPTIMISE_PRESETS[config.optimise].squarings);
    return warp(fixed, resize3d(displacement, [i, j, k]));
  });
}
