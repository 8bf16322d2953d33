import {
  layerNormLayer,
  linearLayer,
  pytorchDefault,
  recompute,
  type Layer,
  type Parameters,
  type Random,
} from '@paired3d/nn';
import { addBias, attention, dropout, gelu, matMul, type DropoutMask } from '@paired3d/ops';
import * as tf from '@tensorflow/tfjs-core';

/** Size of a transformer block. */
export interface BlockConfig {
  readonly width: number;
  readonly heads: number;
  readonly feedForward: number;
  /** 'post' normalises after each residual sum (Vaswani et al., 2017; PyTorch's default), 'pre' before each branch */
  readonly norm: 'post' | 'pre';
}

/** Gives the mask of the next dropout while training; absent when sampling. */
export type NextMask = () => DropoutMask;

/** [B, S, width] -> [B, S, width] */
export type Block = (x: tf.Tensor3D, next?: NextMask) => tf.Tensor3D;

/** `depth` blocks one after the other, their weights named by their numbers. */
export function transformer(
  parameters: Parameters,
  config: BlockConfig & { readonly depth: number; readonly recompute?: boolean },
): Block {
  const blocks = Array.from({ length: config.depth }, (_, i) => {
    const scope = parameters.scope(i);
    return { scope, block: transformerBlock(scope, config) };
  });
  return (x, next) =>
    blocks.reduce((y, { scope, block }) => {
      // Drawn once: what is computed again gets the same masks again.
      const drawn: DropoutMask[] = [];
      const layer: Layer<tf.Tensor3D> = (z) => {
        let at = 0;
        return block(z, next && (() => (drawn[at++] ??= next())));
      };
      return (config.recompute ? recompute(layer, scope) : layer)(y);
    }, x);
}

/**
 * PyTorch's `nn.TransformerEncoderLayer(batch_first=True, activation=GELU)` with its parameter names:
 * self attention and a feed-forward network, each in a residual branch. Dropout is where PyTorch has it: on the weights
 * of the attention, within the feed-forward network, and on what each branch gives.
 */
export function transformerBlock(parameters: Parameters, config: BlockConfig): Block {
  const { width, heads, feedForward, norm } = config;
  const attend = selfAttention(parameters.scope('self_attn'), width, heads);
  const linear1 = linearLayer(parameters.scope('linear1'), { in: width, out: feedForward });
  const linear2 = linearLayer(parameters.scope('linear2'), { in: feedForward, out: width });
  const norm1 = layerNormLayer(parameters.scope('norm1'), { width });
  const norm2 = layerNormLayer(parameters.scope('norm2'), { width });
  return (x, next) => {
    const drop = (y: tf.Tensor) => (next ? dropout(y, next()) : y);
    const feed: Layer = (y) => drop(linear2(drop(gelu(linear1(y)))));
    const self: Layer = (y) => drop(attend(y as tf.Tensor3D, next?.()));
    if (norm === 'post') {
      const y = norm1(tf.add(x, self(x)));
      return norm2(tf.add(y, feed(y))) as tf.Tensor3D;
    }
    const y = tf.add(x, self(norm1(x)));
    return tf.add(y, feed(norm2(y))) as tf.Tensor3D;
  };
}

/** Multi-head self attention, `nn.MultiheadAttention`: `in_proj_weight` [3 width, width] holds query, key, value. */
function selfAttention(parameters: Parameters, width: number, heads: number) {
  // PyTorch: xavier_uniform_ of the stacked projection, zero biases.
  const bound = Math.sqrt(6 / (4 * width));
  const weight = parameters.add('in_proj_weight', [3 * width, width], (random, n) =>
    random.uniforms(n).map((u) => bound * (2 * u - 1)),
  );
  const bias = parameters.add('in_proj_bias', [3 * width], 0);
  const outWeight = parameters.scope('out_proj').add('weight', [width, width], pytorchDefault(width));
  const outBias = parameters.scope('out_proj').add('bias', [width], 0);
  const size = width / heads;
  return (x: tf.Tensor3D, mask?: DropoutMask): tf.Tensor3D => {
    const [batch, length] = x.shape;
    const qkv = addBias(matMul(tf.reshape(x, [-1, width]), weight, { transposeB: true }), bias);
    const [q, k, v] = [0, 1, 2].map((i) => splitHeads(tf.slice(qkv, [0, i * width], [-1, width])));
    const mixed = tf.transpose(
      tf.reshape(attention(q, k, v, { dropout: mask }), [batch, heads, length, size]),
      [0, 2, 1, 3],
    );
    const out = matMul(tf.reshape(mixed, [-1, width]), outWeight, { transposeB: true });
    return tf.reshape(addBias(out, outBias), [batch, length, width]);

    function splitHeads(y: tf.Tensor): tf.Tensor3D {
      return tf.reshape(tf.transpose(tf.reshape(y, [batch, length, heads, size]), [0, 2, 1, 3]), [
        batch * heads,
        length,
        size,
      ]);
    }
  };
}

/** Masks whose seeds are the generator's next bits; none when nothing is to be dropped. */
export function seededMasks(rate: number, random: Pick<Random, 'bits'>): NextMask | undefined {
  return rate === 0 ? undefined : () => ({ rate, seed: random.bits() });
}
