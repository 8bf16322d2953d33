import type * as tf from '@tensorflow/tfjs-core';
import { checkField, pointsOf } from './composeFields';
import { dispatch, hasKernel } from './dispatch';
import { withGradient } from './gradient';
import { gridSample3d } from './gridSample3d';
import { gridSample3dGradComposite } from './gridSample3d.composite';
import { checkShape, checkTensor } from './validate';

/**
 * Pulls an image through a displacement field: y(p) = image(p + d(p)), sampled linearly, zero outside. The image is taken
 * as constant: the gradient goes to the displacement alone, which makes it a gather.
 *
 * @param image `[B, D, H, W, C]`.
 * @param displacement `[B, d, h, w, 3]`, normalised, last axis x, y, z; of any size: both cover the same space.
 * @returns `[B, d, h, w, C]`.
 * @throws OpsError when shapes do not match.
 */
export function warp3d(image: tf.Tensor5D, displacement: tf.Tensor5D): tf.Tensor5D {
  checkTensor('warp3d', 'image', image, 5);
  checkField('warp3d', 'displacement', displacement);
  checkShape('warp3d', 'displacement', displacement, [image.shape[0], -1, -1, -1, 3]);
  // The kernel is for one channel; with more of them the sampling in general has whole vectors to work on.
  const sampler = image.shape[4] === 1 && hasKernel('Paired3dWarp') ? fused : sampled;
  return withGradient<tf.Tensor5D>([displacement], (save) => {
    save([image, displacement]);
    return {
      value: sampler.value(image, displacement),
      gradient: (dy, [x, d]) => [sampler.gradient(dy as tf.Tensor5D, x as tf.Tensor5D, d)],
    };
  });
}

const fused = {
  value: (image: tf.Tensor5D, displacement: tf.Tensor) =>
    dispatch('Paired3dWarp', { image, displacement }, {}, () => sampled.value(image, displacement)),
  gradient: (dy: tf.Tensor5D, image: tf.Tensor5D, displacement: tf.Tensor) =>
    dispatch('Paired3dWarpGrad', { dy, image, displacement }, {}, () => sampled.gradient(dy, image, displacement)),
};

const sampled = {
  value: (image: tf.Tensor5D, displacement: tf.Tensor) =>
    gridSample3d(image, pointsOf(displacement), { constantInput: true }),
  gradient(dy: tf.Tensor5D, x: tf.Tensor5D, displacement: tf.Tensor): tf.Tensor {
    const grid = pointsOf(displacement);
    const attributes = { mode: 'linear', padding: 'zeros', needInput: false };
    return dispatch('Paired3dGridSample3dGrad', { dy, x, grid }, attributes, () =>
      gridSample3dGradComposite(dy, x, grid, 'linear', 'zeros', false),
    )[1];
  },
};
