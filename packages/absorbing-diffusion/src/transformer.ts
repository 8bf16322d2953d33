import {
  layerNormLayer,
  linearLayer,
  pytorchDefault,
  recompute,
  type Layer,
  type Parameters,
  type Random,
} from '@paired3d/nn';
import { addBias, attention, dropout, embedding, gelu, matMul, type DropoutMask } from '@paired3d/ops';
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

/** One block, or several. */
export interface Block {
  /** [B, S, width] -> [B, S, width] */
  (x: tf.Tensor3D, next?: NextMask): tf.Tensor3D;
  /**
   * The same at some positions alone, [n, width]: their queries see all keys, all else is computed for them only. `rows`
   * are flat indices into [B, S], ascending.
   */
  at(x: tf.Tensor3D, rows: Int32Array): tf.Tensor2D;
}

/** `depth` blocks one after the other, their weights named by their numbers. */
export function transformer(
  parameters: Parameters,
  config: BlockConfig & { readonly depth: number; readonly recompute?: boolean },
): Block {
  const blocks = Array.from({ length: config.depth }, (_, i) => {
    const scope = parameters.scope(i);
    return { scope, block: transformerBlock(scope, config) };
  });
  const run = (some: typeof blocks, x: tf.Tensor3D, next?: NextMask) =>
    some.reduce((y, { scope, block }) => {
      // Drawn once: what is computed again gets the same masks again.
      const drawn: DropoutMask[] = [];
      const layer: Layer<tf.Tensor3D> = (z) => {
        let at = 0;
        return block(z, next && (() => (drawn[at++] ??= next())));
      };
      return (config.recompute ? recompute(layer, scope) : layer)(y);
    }, x);
  const last = blocks[blocks.length - 1].block;
  return Object.assign((x: tf.Tensor3D, next?: NextMask) => run(blocks, x, next), {
    at: (x: tf.Tensor3D, rows: Int32Array) => last.at(run(blocks.slice(0, -1), x), rows),
  });
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
  const block = (x: tf.Tensor3D, next?: NextMask) => {
    const drop = (y: tf.Tensor) => (next ? dropout(y, next()) : y);
    const feed: Layer = (y) => drop(linear2(drop(gelu(linear1(y)))));
    const self: Layer = (y) => drop(attend.all(y as tf.Tensor3D, next?.()));
    if (norm === 'post') {
      const y = norm1(tf.add(x, self(x)));
      return norm2(tf.add(y, feed(y))) as tf.Tensor3D;
    }
    const y = tf.add(x, self(norm1(x)));
    return tf.add(y, feed(norm2(y))) as tf.Tensor3D;
  };
  const at = (x: tf.Tensor3D, rows: Int32Array) => {
    const chosen = rowsOf(x, rows);
    const feed: Layer = (y) => linear2(gelu(linear1(y)));
    if (norm === 'post') {
      const y = norm1(tf.add(chosen, attend.at(x, rows)));
      return norm2(tf.add(y, feed(y))) as tf.Tensor2D;
    }
    const y = tf.add(chosen, attend.at(norm1(x) as tf.Tensor3D, rows));
    return tf.add(y, feed(norm2(y))) as tf.Tensor2D;
  };
  return Object.assign(block, { at });
}

/** Rows of [B, S, width] by flat index: [n, width]. */
export const rowsOf = (x: tf.Tensor3D, rows: Int32Array): tf.Tensor2D =>
  embedding(tf.reshape(x, [-1, x.shape[2]]) as tf.Tensor2D, tf.tensor1d(rows, 'int32')) as tf.Tensor2D;

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
  /** [n, width] -> [n, parts * width]: queries, keys, values from the part `first` on. */
  const project = (rows: tf.Tensor, first: number, parts: number) => {
    const part = (x: tf.Tensor) => (parts === 3 ? x : tf.slice(x, first * width, parts * width));
    return addBias(matMul(rows, part(weight), { transposeB: true }), part(bias));
  };
  /** [n, parts * width] -> part i of it, heads in the batch axis: [batch * heads, n / batch, width / heads]. */
  const headsOf = (projected: tf.Tensor, i: number, batch: number) => {
    const part = tf.reshape(tf.slice(projected, [0, i * width], [-1, width]), [batch, -1, heads, width / heads]);
    return tf.reshape(tf.transpose(part, [0, 2, 1, 3]), [batch * heads, -1, width / heads]) as tf.Tensor3D;
  };
  /** [batch * heads, n, width / heads] -> [batch * n, width], through the last projection. */
  const joinHeads = (mixed: tf.Tensor3D, batch: number) => {
    const rows = tf.transpose(tf.reshape(mixed, [batch, heads, -1, width / heads]), [0, 2, 1, 3]);
    return addBias(matMul(tf.reshape(rows, [-1, width]), outWeight, { transposeB: true }), outBias);
  };
  return {
    all(x: tf.Tensor3D, mask?: DropoutMask): tf.Tensor3D {
      const [batch] = x.shape;
      const projected = project(tf.reshape(x, [-1, width]), 0, 3);
      const [q, k, v] = [0, 1, 2].map((i) => headsOf(projected, i, batch));
      return tf.reshape(joinHeads(attention(q, k, v, { dropout: mask }), batch), x.shape);
    },
    /** What `all` gives at `rows`, [n, width]. */
    at(x: tf.Tensor3D, rows: Int32Array): tf.Tensor2D {
      const [batch, length] = x.shape;
      const queries = project(rowsOf(x, rows), 0, 1);
      const keysAndValues = project(tf.reshape(x, [-1, width]), 1, 2);
      // Items have different numbers of rows: one after the other.
      const parts: tf.Tensor[] = [];
      for (let item = 0, start = 0; item < batch; item++) {
        const count = rows.reduce((n, row) => n + (Math.floor(row / length) === item ? 1 : 0), 0);
        if (count === 0) continue;
        const q = headsOf(tf.slice(queries, [start, 0], [count, width]), 0, 1);
        const own = tf.slice(keysAndValues, [item * length, 0], [length, 2 * width]);
        parts.push(joinHeads(attention(q, headsOf(own, 0, 1), headsOf(own, 1, 1)), 1));
        start += count;
      }
      return (parts.length === 1 ? parts[0] : tf.concat(parts)) as tf.Tensor2D;
    },
  };
}

/** Masks whose seeds are the generator's next bits; none when nothing is to be dropped. */
export function seededMasks(rate: number, random: Pick<Random, 'bits'>): NextMask | undefined {
  return rate === 0 ? undefined : () => ({ rate, seed: random.bits() });
}
