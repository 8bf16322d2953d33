import * as tf from '@tensorflow/tfjs-core';
import { dispatch } from './dispatch';
import { withGradient } from './gradient';
import { layerNormComposite, layerNormGradComposite } from './layerNorm.composite';
import { checkShape, checkTensor } from './validate';

/**
 * Layer normalisation over the last axis (Ba et al. 2016), biased variance.
 *
 * @param x `[..., C]`.
 * @param scale `[C]`.
 * @param offset `[C]`.
 * @param options `epsilon` (1e-5).
 * @returns the shape of x.
 * @throws OpsError when scale or offset are not `[C]`.
 */
export function layerNorm<T extends tf.Tensor>(
  x: T,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  options: { epsilon?: number } = {},
): T {
  const channels = x.shape[x.rank - 1];
  checkTensor('layerNorm', 'x', x);
  checkShape('layerNorm', 'scale', scale, [channels]);
  checkShape('layerNorm', 'offset', offset, [channels]);
  const epsilon = options.epsilon ?? 1e-5;
  return withGradient<T>([x, scale, offset], (save) => {
    const rows = tf.reshape<tf.Rank.R2>(x, [-1, channels]);
    const [y, mean, rstd] = dispatch('Paired3dLayerNorm', { x: rows, scale, offset }, { epsilon }, () =>
      layerNormComposite(rows, scale, offset, epsilon),
    );
    save([rows, scale, mean, rstd]);
    return {
      value: tf.reshape(y, x.shape),
      gradient: (dy, [input, gain, centre, inverse]) => {
        const dyRows = tf.reshape<tf.Rank.R2>(dy, [-1, channels]);
        const [dx, dscale, doffset] = dispatch(
          'Paired3dLayerNormGrad',
          { dy: dyRows, x: input, scale: gain, mean: centre, rstd: inverse },
          {},
          () =>
            layerNormGradComposite(
              dyRows,
              input as tf.Tensor2D,
              gain as tf.Tensor1D,
              centre as tf.Tensor1D,
              inverse as tf.Tensor1D,
            ),
        );
        return [tf.reshape(dx, x.shape), dscale, doffset];
      },
    };
  });
}
