import * as tf from '@tensorflow/tfjs-core';
import { recompute, type Layer } from '@paired3d/nn';
import { gridSample3d, identityGrid } from '@paired3d/ops';

/*
 * A displacement field d is a tensor [B, D, H, W, 3] in normalised coordinates ([-1, 1], alignCorners = false), last
 * axis ordered x, y, z = W, H, D axis. It stands for the transformation p -> p + d(p).
 *
 * `identity`, where a function takes it, is the `identityGrid` of the field's size and batch: something to pass when many
 * fields of one size are sampled, and made on the spot otherwise.
 */

const gridOf = (field: tf.Tensor5D) => identityGrid([field.shape[1], field.shape[2], field.shape[3]], field.shape[0]);

/** Values of `x` at p + displacement(p). */
const sampleAt = (
  x: tf.Tensor5D,
  displacement: tf.Tensor5D,
  identity: tf.Tensor5D,
  options: NonNullable<Parameters<typeof gridSample3d>[2]>,
) => gridSample3d(x, tf.add(identity, displacement), options);

/**
 * Exponential of a stationary velocity field by scaling and squaring: d_0 = v / 2^steps, then `steps` times
 * d <- d + d o (id + d), sampled linearly with border padding. The result is (nearly) a diffeomorphism, and
 * exponential(-v) is its inverse.
 *
 * V. Arsigny, O. Commowick, X. Pennec, N. Ayache: A log-Euclidean framework for statistics on diffeomorphisms, MICCAI 2006.
 * @param velocity [B, D, H, W, 3], normalised
 * @param steps number of squarings, 12 in the paper
 * @param options `recompute`: keep only the field of each squaring for the gradient (see `recompute` of `@paired3d/nn`)
 * @returns displacement [B, D, H, W, 3]; differentiable
 */
export function exponential(
  velocity: tf.Tensor5D,
  steps: number,
  identity?: tf.Tensor5D,
  options: { recompute?: boolean } = {},
): tf.Tensor5D {
  return tf.tidy(() => {
    // A grid of this tidy's own is gone by the time something is computed again.
    const grid = identity ?? (options.recompute ? undefined : gridOf(velocity));
    const square: Layer<tf.Tensor5D> = (d) => tf.add(d, sampleAt(d, d, grid ?? gridOf(d), { padding: 'border' }));
    const step = options.recompute ? recompute(square) : square;
    let displacement = tf.mul(velocity, 2 ** -steps) as tf.Tensor5D;
    for (let i = 0; i < steps; i++) displacement = step(displacement);
    return displacement;
  });
}

/**
 * The displacement of (id + b) o (id + a), that is a + b o (id + a): follow `a` first, then `b` from there.
 * `b` is sampled linearly with border padding.
 * @returns displacement [B, D, H, W, 3]; differentiable
 */
export function compose(a: tf.Tensor5D, b: tf.Tensor5D, identity?: tf.Tensor5D): tf.Tensor5D {
  return tf.tidy(() => tf.add(a, sampleAt(b, a, identity ?? gridOf(a), { padding: 'border' })));
}

/**
 * Pulls an image through a displacement: result(p) = image(p + d(p)), sampled linearly, zero outside.
 * The image is taken as constant: the gradient goes to the displacement alone.
 * @param image [B, D, H, W, C]
 * @param displacement [B, d, h, w, 3], normalised
 * @returns [B, d, h, w, C]
 */
export function warp(image: tf.Tensor5D, displacement: tf.Tensor5D, identity?: tf.Tensor5D): tf.Tensor5D {
  return tf.tidy(() =>
    sampleAt(image, displacement, identity ?? gridOf(displacement), { padding: 'zeros', constantInput: true }),
  );
}
