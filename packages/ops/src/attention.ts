import type * as tf from '@tensorflow/tfjs-core';
import { attend, attendGradient } from './attention.composite';
import { dispatch } from './dispatch';
import { checkRate, type DropoutMask } from './dropout';
import { OpsError } from './errors';
import { withGradient } from './gradient';
import { checkTensor } from './validate';

/**
 * Scaled dot-product attention `softmax(q k^T / sqrt(E)) v` (Vaswani et al. 2017, eq. 1), heads in the batch axis.
 *
 * The S x S scores are made block by block and made again for the gradient, so memory grows with S and not with S^2.
 *
 * @param q `[B * heads, S, E]`.
 * @param k `[B * heads, T, E]`.
 * @param v `[B * heads, T, F]`.
 * @param options `dropout`: zeroes some of the weights `[B * heads, S, T]` after the softmax, as PyTorch does in training.
 * @returns `[B * heads, S, F]`.
 * @throws OpsError when batches, widths or lengths do not match, or the rate of the dropout is not in [0, 1).
 */
export function attention(
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  v: tf.Tensor3D,
  { dropout }: { dropout?: DropoutMask } = {},
): tf.Tensor3D {
  checkTensor('attention', 'q', q, 3);
  checkTensor('attention', 'k', k, 3);
  checkTensor('attention', 'v', v, 3);
  const [batch, , width] = q.shape;
  if (k.shape[0] !== batch || v.shape[0] !== batch || k.shape[2] !== width || k.shape[1] !== v.shape[1]) {
    const got = `q [${q.shape}], k [${k.shape}], v [${v.shape}]`;
    throw new OpsError('attention', 'q [N,S,E], k [N,T,E], v [N,T,F]', got, 'split the heads of all three alike');
  }
  if (dropout) checkRate('attention', dropout);
  return withGradient<tf.Tensor3D>([q, k, v], (save) => {
    save([q, k, v]);
    // Kernels of ours have no dropout.
    if (dropout) {
      return {
        value: attend(q, k, v, { dropout }),
        gradient: (dy, [q, k, v]) => attendGradient(dy, q, k, v, { dropout }),
      };
    }
    return {
      value: dispatch('Paired3dAttention', { q, k, v }, {}, () => attend(q, k, v)),
      gradient: (dy, [q, k, v]) =>
        dispatch<tf.Tensor[]>('Paired3dAttentionGrad', { dy, q, k, v }, {}, () => attendGradient(dy, q, k, v)),
    };
  });
}
