import { cellSize, inSlabs, type VqAutoencoder } from '@paired3d/vqae';
import type * as tf from '@tensorflow/tfjs-core';
import type { Size3 } from '../data/types';
import { AT_ONCE, goesInSlabs } from '../memory/vqae';
import { pause } from '../pause';

/** Settings of `tokenizePair` and `decodePair`. */
interface CoderOptions {
  readonly signal?: AbortSignal;
  /** bytes of activations up to which a pair goes through the network at once */
  readonly atOnce?: number;
}

/**
 * `model.tokenize` of a pair [1, I, J, K, 2 labels]; slab by slab where the network's activations would not fit.
 * @throws the signal's reason when aborted between slabs
 */
export async function tokenizePair(
  model: VqAutoencoder,
  pair: tf.Tensor5D,
  options: CoderOptions = {},
): Promise<tf.Tensor5D> {
  const [, i, j, k] = pair.shape;
  return coder(model, [i, j, k], options).tokenize(pair);
}

/**
 * `model.decodeTokens` of the tokens of a pair [1, images, i, j, k]; slab by slab where that would not fit.
 * @throws the signal's reason when aborted between slabs
 */
export async function decodePair(
  model: VqAutoencoder,
  tokens: tf.Tensor5D,
  options: CoderOptions = {},
): Promise<tf.Tensor5D> {
  const cell = cellSize(model.config);
  const [, , i, j, k] = tokens.shape;
  const depth = model.config.spatialDims === 2 ? i : i * cell;
  return coder(model, [depth, j * cell, k * cell], options).decodeTokens(tokens);
}

function coder(model: VqAutoencoder, size: Size3, { signal, atOnce = AT_ONCE }: CoderOptions) {
  return goesInSlabs(model.config, size, atOnce) ? inSlabs(model, { signal, onProgress: pause }) : model;
}
