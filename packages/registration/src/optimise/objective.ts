import * as tf from '@tensorflow/tfjs-core';
import { exponentialField, gaussianBlur3d, globalCorrelation, resize3d, smoothness, warp3d } from '@paired3d/ops';
import type { Size3 } from '../config';
import type { OptimiseStage } from './recipe';

/** Added to variances of images in [0, 1]: only an even image has a smaller one. */
const VARIANCE_FLOOR = 1e-12;

/** What is minimised: images of one resolution, and the velocity that aligns them. */
export interface Objective {
  /** [2, D, H, W, 1]: fixed and moving. */
  readonly sources: tf.Tensor5D;
  /** [2, D, H, W, 1]: moving and fixed. */
  readonly targets: tf.Tensor5D;
  /** [3]: from units of the recipe to normalised displacements, x, y, z. */
  readonly toNormalised: tf.Tensor1D;
  readonly squarings: number;
}

/** The velocity that a stage's parameters stand for, [1, d, h, w, 3] both. */
export function smoothed(parameters: tf.Tensor5D, { smoothing }: Pick<OptimiseStage, 'smoothing'>): tf.Tensor5D {
  return gaussianBlur3d(parameters, smoothing, { padding: 'replicate' });
}

/**
 * exp(v) and exp(-v) on the control grid, [2, d, h, w, 3], normalised: the first lives on the moving grid and pulls the
 * fixed image.
 */
export function bothWays(
  velocity: tf.Tensor5D,
  { toNormalised, squarings }: Pick<Objective, 'toNormalised' | 'squarings'>,
): tf.Tensor5D {
  const forward = tf.mul<tf.Tensor5D>(velocity, toNormalised);
  return exponentialField(tf.concat([forward, tf.neg(forward)], 0), squarings);
}

/**
 * 2 - NCC(fixed o exp(v), moving) - NCC(moving o exp(-v), fixed) + the penalties on v, where v is the smoothed parameters.
 * @param parameters [1, d, h, w, 3], units of the recipe, x, y, z = W, H, D axis
 */
export function objectiveLoss(parameters: tf.Tensor5D, objective: Objective, stage: OptimiseStage): tf.Scalar {
  return tf.tidy(() => {
    const { sources, targets } = objective;
    const size = sources.shape.slice(1, 4) as unknown as Size3;
    const velocity = smoothed(parameters, stage);
    const displacements = resize3d(bothWays(velocity, objective), [...size]);
    const correlations = globalCorrelation(warp3d(sources, displacements), targets, VARIANCE_FLOOR);
    return tf.add(tf.sub(2, tf.sum(correlations)), smoothness(velocity, stage));
  });
}
