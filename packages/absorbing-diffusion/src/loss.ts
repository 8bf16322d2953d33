import type { Random } from '@paired3d/nn';
import { crossEntropy } from '@paired3d/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Denoiser } from './denoiser';
import type { MaskedBatch } from './masking';
import { rowsOf } from './transformer';

/**
 * Weight of an item at time t: 'reweighted-elbo' is the paper's 1 - t (Bond-Taylor et al., 2022, eq. 10), 'elbo' the
 * 1 / t of the variational bound (Austin et al., 2021, appendix A.3). The first is 0 at t = 1: it never trains the
 * prediction from nothing but masks, with which sampling starts.
 */
export type Weighting = 'reweighted-elbo' | 'elbo';

/** Cross entropy in nats of each masked token, [number masked]; differentiable. Empty when nothing is masked. */
export function maskedCrossEntropy(denoiser: Denoiser, batch: MaskedBatch, random?: Pick<Random, 'bits'>): tf.Tensor1D {
  if (batch.masked.length === 0) return tf.tensor1d([], 'float32');
  return tf.tidy(() => {
    const ids = tf.tensor2d(batch.ids, [batch.ids.length / denoiser.tokens, denoiser.tokens], 'int32');
    // The head is the widest layer: only the rows that are scored go through it.
    const rows = random ? rowsOf(denoiser.hidden(ids, random), batch.masked) : denoiser.hiddenAt(ids, batch.masked);
    return crossEntropy(denoiser.head(rows), tf.tensor1d(batch.labels, 'int32'));
  });
}

/**
 * The training loss: mean over items of w(t) Σ_masked CE / (ln 2 · T), times 1 / codes for 'reweighted-elbo' as the
 * paper divides by all logits. 0 when nothing is masked.
 */
export function diffusionLoss(
  denoiser: Denoiser,
  batch: MaskedBatch,
  weighting: Weighting,
  random?: Pick<Random, 'bits'>,
): tf.Scalar {
  const weight = (item: number) => {
    const t = batch.times[item];
    const scale = Math.LN2 * batch.counts.length * batch.counts[item];
    return weighting === 'elbo' ? 1 / (t * scale) : (1 - t) / (scale * denoiser.config.codes);
  };
  let scored = batch;
  let weights = Float32Array.from(batch.item, weight);
  if (batch.masked.length === 0) {
    // Some token of weight 0 stands in for none, so that the loss still has gradients, all of them 0.
    scored = { ...batch, masked: Int32Array.of(0), labels: Int32Array.of(0) };
    weights = Float32Array.of(0);
  }
  return tf.tidy(() => tf.sum(tf.mul(maskedCrossEntropy(denoiser, scored, random), tf.tensor1d(weights))) as tf.Scalar);
}
