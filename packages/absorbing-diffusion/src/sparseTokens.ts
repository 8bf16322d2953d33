import { linearLayer, type Parameters } from '@paired3d/nn';
import { embedding } from '@paired3d/ops';
import * as tf from '@tensorflow/tfjs-core';
import { presentTokens, type PatchDenoiserConfig } from './config';

/** The tokens of the images that have one at every n-th cell alone, in a 'patch' denoiser. */
export interface SparseTokens {
  /** their places among all, ascending */
  readonly places: readonly number[];
  /** embedded tokens [B, n, tokenWidth] -> what they add to the transformer's positions, [B, positions, width] */
  enter(tokens: tf.Tensor3D): tf.Tensor3D;
  /** what the transformer made of their positions, [B, positions, width] -> features [B, n, tokenWidth] */
  leave(mixed: tf.Tensor3D): tf.Tensor3D;
}

/**
 * Such tokens are too few for the convolutions, which would spend a channel of every cell on them: each enters and leaves
 * at the transformer's position that its cell belongs to.
 * @param positions of the transformer; `positionOf` gives that of a cell
 */
export function sparseTokens(
  parameters: Parameters,
  config: PatchDenoiserConfig,
  { positions, positionOf }: { readonly positions: number; readonly positionOf: (cell: number) => number },
): SparseTokens {
  const { width, tokenWidth, strides = [] } = config;
  const into = linearLayer(parameters.scope('enter'), { in: tokenWidth, out: width });
  const outOf = linearLayer(parameters.scope('leave'), { in: width, out: tokenWidth });
  const images = presentTokens(config)
    .map((present, image) => ({
      first: image * present.length,
      cells: (strides[image] ?? 1) > 1 ? [...present.keys()].filter((cell) => present[cell]) : [],
    }))
    .filter(({ cells }) => cells.length > 0);
  const places = images.flatMap(({ first, cells }) => cells.map((cell) => first + cell));
  /** The position of each token. */
  const at = images.flatMap(({ cells }) => cells.map(positionOf));
  return {
    places,
    enter(tokens) {
      const [batch, count] = tokens.shape;
      const rows = tf.reshape(into(tokens), [-1, width]) as tf.Tensor2D;
      // The last row, of zeros, is for positions without a token.
      const padded = tf.concat<tf.Tensor2D>([rows, tf.zeros([1, width])]);
      let token = 0;
      // A position has one token of an image at most.
      const ofImages = images.map(({ cells }) => {
        const index = new Int32Array(batch * positions).fill(batch * count);
        for (const end = token + cells.length; token < end; token++) {
          for (let item = 0; item < batch; item++) index[item * positions + at[token]] = item * count + token;
        }
        return embedding(padded, tf.tensor2d(index, [batch, positions], 'int32')) as tf.Tensor3D;
      });
      return tf.addN(ofImages);
    },
    leave(mixed) {
      const [batch] = mixed.shape;
      const rows = tf.reshape(mixed, [-1, width]) as tf.Tensor2D;
      const index = Int32Array.from({ length: batch * at.length }, (_, i) => {
        const item = Math.floor(i / at.length);
        return item * positions + at[i - item * at.length];
      });
      return outOf(embedding(rows, tf.tensor2d(index, [batch, at.length], 'int32'))) as tf.Tensor3D;
    },
  };
}
