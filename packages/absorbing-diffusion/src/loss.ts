import type { Random } from '@paired3d/nn';
import { crossEntropy } from '@paired3d/ops';
import * as tf from '@tensorflow/tfjs-core';
import { DiffusionError, type CodeRange, type DenoiserConfig } from './config';
import type { Denoiser } from './denoiser';
import type { MaskedBatch } from './masking';
import { rowsOf } from './transformer';

/**
 * Weight of an item at time t: 'reweighted-elbo' is the paper's 1 - t (Bond-Taylor et al., 2022, eq. 10), 'elbo' the
 * 1 / t of the variational bound (Austin et al., 2021, appendix A.3). The first is 0 at t = 1: it never trains the
 * prediction from nothing but masks, with which sampling starts.
 */
export type Weighting = 'reweighted-elbo' | 'elbo';

/**
 * Cross entropy in nats of each masked token, [number masked]; differentiable. Empty when nothing is masked. Images with
 * codes of their own (`ranges`) choose among those alone, as they do when sampled.
 * @throws DiffusionError for a code that its image cannot have
 */
export function maskedCrossEntropy(denoiser: Denoiser, batch: MaskedBatch, random?: Pick<Random, 'bits'>): tf.Tensor1D {
  if (batch.masked.length === 0) return tf.tensor1d([], 'float32');
  return tf.tidy(() => {
    const ids = tf.tensor2d(batch.ids, [batch.ids.length / denoiser.tokens, denoiser.tokens], 'int32');
    // The head is the widest layer: only the rows that are scored go through it.
    const dropout = denoiser.config.kind === 'plain' && denoiser.config.dropout > 0;
    const rows =
      random && dropout ? rowsOf(denoiser.hidden(ids, random), batch.masked) : denoiser.hiddenAt(ids, batch.masked);
    const parts = runsOfRange(denoiser.config, batch).map(({ start, end, range }) => {
      const own = tf.slice(rows, [start, 0], [end - start, -1]);
      const labels = batch.labels.subarray(start, end).map((code) => code - range[0]);
      return crossEntropy(denoiser.head(own, range), tf.tensor1d(labels, 'int32'));
    });
    return parts.length === 1 ? parts[0] : tf.concat1d(parts);
  });
}

/** Masked tokens [start, end) one after the other that choose among the same codes. */
interface Run {
  readonly start: number;
  readonly end: number;
  readonly range: CodeRange;
}

function runsOfRange({ ranges, grid, codes }: DenoiserConfig, { masked, labels }: MaskedBatch): Run[] {
  if (!ranges) return [{ start: 0, end: masked.length, range: [0, codes] }];
  const [images, ...cells] = grid;
  const perImage = cells.reduce((product, n) => product * n, 1);
  const runs: Run[] = [];
  for (const [at, place] of masked.entries()) {
    const range = ranges[Math.floor(place / perImage) % images];
    if (labels[at] < range[0] || labels[at] >= range[1]) {
      const expected = `codes of [${range.join(', ')}) at place ${place}`;
      throw new DiffusionError('maskedCrossEntropy', expected, `${labels[at]}`, 'use tokens made for this denoiser');
    }
    const last = runs.at(-1);
    if (last?.range === range) runs[runs.length - 1] = { ...last, end: at + 1 };
    else runs.push({ start: at, end: at + 1, range });
  }
  return runs;
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
    scored = { ...batch, masked: Int32Array.of(0), labels: Int32Array.of(denoiser.config.ranges?.[0][0] ?? 0) };
    weights = Float32Array.of(0);
  }
  return tf.tidy(() => tf.sum(tf.mul(maskedCrossEntropy(denoiser, scored, random), tf.tensor1d(weights))) as tf.Scalar);
}
