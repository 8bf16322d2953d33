import * as tf from '@tensorflow/tfjs-core';
import type { CodeRange } from './config';
import type { NextMask } from './transformer';

/** The two halves of a denoiser: the trunk sees all tokens, the head is applied to the rows that are asked for. */
export interface Network {
  /** scopes whose matrices map features to features, for Muon: neither embeddings nor what gives the logits */
  readonly hiddenScopes: readonly string[];
  /** ids int32 [B, T], masked ones = codes -> features [B, T, c] */
  hidden(ids: tf.Tensor2D, next?: NextMask): tf.Tensor3D;
  /** the features of some tokens, [n, c], without dropout: `rows` are flat indices into [B, T], ascending */
  hiddenAt(ids: tf.Tensor2D, rows: Int32Array): tf.Tensor2D;
  /** features [n, c] -> logits over a range of codes, [n, end - from] */
  head(rows: tf.Tensor2D, range: CodeRange): tf.Tensor2D;
}

/** The rows of a table [codes, c], or the values of [codes], that belong to a range of codes. */
export function ofRange<T extends tf.Tensor>(table: T, [from, end]: CodeRange): T {
  if (from === 0 && end === table.shape[0]) return table;
  return tf.slice(table, [from, ...table.shape.slice(1).map(() => 0)], [end - from, ...table.shape.slice(1)]);
}
