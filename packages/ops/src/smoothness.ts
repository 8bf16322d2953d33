import * as tf from '@tensorflow/tfjs-core';
import { put, take } from './axes';
import { dispatch } from './dispatch';
import { withGradient } from './gradient';
import { reachOf, stencilsOf, type SmoothnessWeights, type Stencil } from './smoothness.stencils';
import { checkTensor, triple, type Triple } from './validate';

/**
 * Penalty on what is not smooth in a field: `diffusion` times the diffusion energy, the sum over axes of the mean squared
 * forward differences, and `bending` times the bending energy, the sum over axes of the mean squared second differences
 * plus twice the mean squared mixed ones (Rueckert et al., IEEE TMI 18, 1999, eq. 5).
 *
 * Means are over all places that have the difference, all samples and channels. Axes too short for one have none.
 *
 * @param x `[B, D, H, W, C]`.
 * @param options weights, 0 by default, and `scale`, what a difference along each axis is multiplied by (once for each
 *   order), 1 by default: one over the voxel's size makes derivatives of differences.
 * @returns a scalar.
 * @throws OpsError when a weight is negative.
 */
export function smoothness(
  x: tf.Tensor5D,
  options: { diffusion?: number; bending?: number; scale?: Triple },
): tf.Scalar {
  checkTensor('smoothness', 'x', x, 5);
  const [diffusion, bending] = triple(
    'smoothness',
    'weights',
    [options.diffusion ?? 0, options.bending ?? 0, 0],
    0,
    true,
  );
  const weights = { diffusion, bending, scale: triple('smoothness', 'scale', options.scale ?? 1, 0, true) };
  return withGradient<tf.Scalar>([x], (save) => {
    const attributes = weights as SmoothnessWeights & { [name: string]: number | number[] };
    const [value, gradient] = dispatch('Paired3dSmoothness', { x }, attributes, () => composite(x, weights));
    save([gradient]);
    return { value, gradient: (dy, [saved]) => [tf.mul(dy, saved)] };
  });
}

/** The penalty and its gradient. */
function composite(x: tf.Tensor5D, weights: SmoothnessWeights): tf.Tensor[] {
  const stencils = stencilsOf(x.shape.slice(1, 4), weights);
  const terms = stencils.map((stencil) => {
    const difference = tf.addN(stencil.places.map((place, i) => tf.mul(taken(x, stencil, place), stencil.weights[i])));
    const back = tf.mul(difference, (2 * stencil.factor) / difference.size);
    const parts = stencil.places.map((place, i) => tf.mul(returned(back, x.shape, place), stencil.weights[i]));
    return { value: tf.mul(tf.mean(tf.square(difference)), stencil.factor), gradient: tf.addN(parts) };
  });
  if (terms.length === 0) return [tf.scalar(0), tf.zerosLike(x)];
  return [tf.addN(terms.map(({ value }) => value)), tf.addN(terms.map(({ gradient }) => gradient))];
}

/** The values at one place of all of a stencil's differences. */
function taken(x: tf.Tensor, stencil: Stencil, place: readonly number[]): tf.Tensor {
  const reach = reachOf(stencil);
  return place.reduce((y, start, a) => take(y, a + 1, start, x.shape[a + 1] - reach[a], 1), x);
}

/** The adjoint of `taken`. */
const returned = (y: tf.Tensor, shape: readonly number[], place: readonly number[]): tf.Tensor =>
  place.reduce((x, start, a) => put(x, a + 1, start, 1, shape[a + 1]), y);
