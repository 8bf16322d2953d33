import * as tf from '@tensorflow/tfjs-core';
import { dispatch } from './dispatch';
import { withGradient } from './gradient';
import { instanceNormPreluComposite, instanceNormPreluGradComposite } from './instanceNorm.composite';
import { checkShape, checkTensor } from './validate';

/**
 * Instance normalisation followed by PReLU, fused: the block that follows each convolution.
 *
 * `n = (x - mean) / sqrt(variance + epsilon)` per sample and channel over space, with the biased variance and without
 * an affine map (Ulyanov et al. 2016, PyTorch's `InstanceNorm3d` defaults); then `n > 0 ? n : alpha n`.
 * For the gradient only x and two numbers per channel are kept.
 *
 * @param x `[B, D, H, W, C]`.
 * @param alpha `[1]`, one slope for all channels.
 * @returns `[B, D, H, W, C]`.
 * @throws OpsError on other shapes.
 */
export function instanceNormPrelu(x: tf.Tensor5D, alpha: tf.Tensor1D, options: { epsilon?: number } = {}): tf.Tensor5D {
  checkTensor('instanceNormPrelu', 'x', x, 5);
  checkTensor('instanceNormPrelu', 'alpha', alpha);
  checkShape('instanceNormPrelu', 'alpha', alpha, [1]);
  return withGradient([x, alpha], (save) => {
    const [value, ...moments] = forward(x, alpha, options.epsilon ?? 1e-5);
    save([x, alpha, ...moments]);
    return { value, gradient: (dy, [input, slope, mean, rstd]) => backward(dy, input, slope, mean, rstd) };
  });
}

/**
 * Instance normalisation over D, H, W, per sample and channel: biased variance, no affine map.
 *
 * @param x `[B, D, H, W, C]`.
 * @returns `[B, D, H, W, C]`.
 * @throws OpsError when x is not a float32 tensor of rank 5.
 */
export function instanceNorm(x: tf.Tensor5D, options: { epsilon?: number } = {}): tf.Tensor5D {
  checkTensor('instanceNorm', 'x', x, 5);
  return withGradient([x], (save) => {
    const identity = tf.ones([1]) as tf.Tensor1D; // a PReLU of slope 1 changes nothing
    const [value, ...moments] = forward(x, identity, options.epsilon ?? 1e-5);
    save([x, identity, ...moments]);
    return {
      value,
      gradient: (dy, [input, slope, mean, rstd]) => backward(dy, input, slope, mean, rstd).slice(0, 1),
    };
  });
}

function forward(x: tf.Tensor5D, alpha: tf.Tensor1D, epsilon: number): tf.Tensor[] {
  return dispatch('Paired3dInstanceNormPrelu', { x, alpha }, { epsilon }, () =>
    instanceNormPreluComposite(x, alpha, epsilon),
  );
}

function backward(dy: tf.Tensor, x: tf.Tensor, alpha: tf.Tensor, mean: tf.Tensor, rstd: tf.Tensor): tf.Tensor[] {
  return dispatch('Paired3dInstanceNormPreluGrad', { dy, x, alpha, mean, rstd }, {}, () =>
    instanceNormPreluGradComposite(
      dy as tf.Tensor5D,
      x as tf.Tensor5D,
      alpha as tf.Tensor1D,
      mean as tf.Tensor2D,
      rstd as tf.Tensor2D,
    ),
  );
}
