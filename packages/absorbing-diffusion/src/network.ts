import type * as tf from '@tensorflow/tfjs-core';
import type { NextMask } from './transformer';

/** The two halves of a denoiser: the trunk sees all tokens, the head is applied to the rows that are asked for. */
export interface Network {
  /** ids int32 [B, T], masked ones = codes -> features [B, T, c] */
  hidden(ids: tf.Tensor2D, next?: NextMask): tf.Tensor3D;
  /** the features of some tokens, [n, c], without dropout: `rows` are flat indices into [B, T], ascending */
  hiddenAt(ids: tf.Tensor2D, rows: Int32Array): tf.Tensor2D;
  /** features [n, c] -> logits over the codes [n, codes] */
  head(rows: tf.Tensor2D): tf.Tensor2D;
}
