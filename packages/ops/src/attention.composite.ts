import * as tf from '@tensorflow/tfjs-core';
import { keep, type DropoutMask } from './dropout';
import { product } from './matMul';
import { softmaxRows, softmaxRowsGradient } from './softmax';

/** Most scores held at once: 16 MiB, which keeps a sequence of thousands of tokens from filling the memory. */
const SCORES_AT_ONCE = 1 << 22;

interface Options {
  readonly dropout?: DropoutMask;
  readonly scoresAtOnce?: number;
}

interface Block {
  head: number;
  heads: number;
  row: number;
  rows: number;
}

/** Blocks of whole heads while their scores fit, else of rows of one head; `rows` of all blocks of a head follow. */
function blocksOf(batch: number, rows: number, columns: number, scoresAtOnce: number): Block[][] {
  const heads = Math.min(batch, Math.max(1, Math.floor(scoresAtOnce / (rows * columns))));
  const height = Math.min(rows, Math.max(1, Math.floor(scoresAtOnce / columns)));
  const groups: Block[][] = [];
  for (let head = 0; head < batch; head += heads) {
    const group: Block[] = [];
    for (let row = 0; row < rows; row += height) {
      group.push({ head, heads: Math.min(heads, batch - head), row, rows: Math.min(height, rows - row) });
    }
    groups.push(group);
  }
  return groups;
}

function cut(x: tf.Tensor, head: number, heads: number, row: number, rows: number): tf.Tensor {
  return tf.slice(x, [head, row, 0], [heads, rows, x.shape[2]!]);
}

function join(parts: tf.Tensor[], axis: number): tf.Tensor3D {
  return (parts.length === 1 ? parts[0] : tf.concat(parts, axis)) as tf.Tensor3D;
}

/** `softmax(q k^T / sqrt(E))` as rows `[heads * rows, T]`. */
function weightsOf(q: tf.Tensor, k: tf.Tensor): tf.Tensor2D {
  const scaled = tf.mul(q, 1 / Math.sqrt(q.shape[2]!));
  return softmaxRows(tf.reshape(product(scaled, k, false, true), [-1, k.shape[1]!]));
}

/** Dropout's factors of the weights of a block, as rows; a block's weights follow one another in `[N, S, T]`. */
function factorsOf(mask: DropoutMask, { head, heads, row, rows }: Block, length: number, columns: number): tf.Tensor2D {
  const start = (head * length + row) * columns;
  return tf.tensor2d(keep(mask, start, heads * rows * columns), [heads * rows, columns]);
}

/** `softmax(q k^T / sqrt(E)) v`, block by block. */
export function attend(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, options: Options = {}): tf.Tensor3D {
  const { dropout, scoresAtOnce = SCORES_AT_ONCE } = options;
  const groups = blocksOf(q.shape[0], q.shape[1]!, k.shape[1]!, scoresAtOnce).map((blocks) =>
    tf.tidy(() => {
      const { head, heads } = blocks[0];
      const keys = cut(k, head, heads, 0, k.shape[1]!);
      const values = cut(v, head, heads, 0, v.shape[1]!);
      const parts = blocks.map((block) =>
        tf.tidy(() => {
          const { row, rows } = block;
          const weights = weightsOf(cut(q, head, heads, row, rows), keys);
          const kept = dropout ? tf.mul(weights, factorsOf(dropout, block, q.shape[1]!, keys.shape[1]!)) : weights;
          return product(tf.reshape(kept, [heads, rows, keys.shape[1]!]), values);
        }),
      );
      return join(parts, 1);
    }),
  );
  return join(groups, 0);
}

/** `[dq, dk, dv]`, block by block, the scores made again. */
export function attendGradient(
  dy: tf.Tensor,
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  options: Options = {},
): tf.Tensor[] {
  const { dropout, scoresAtOnce = SCORES_AT_ONCE } = options;
  const groups = blocksOf(q.shape[0], q.shape[1]!, k.shape[1]!, scoresAtOnce).map((blocks) =>
    tf.tidy(() => {
      const { head, heads } = blocks[0];
      const keys = cut(k, head, heads, 0, k.shape[1]!);
      const values = cut(v, head, heads, 0, v.shape[1]!);
      const scale = 1 / Math.sqrt(q.shape[2]!);
      const dq: tf.Tensor[] = [];
      let dk: tf.Tensor = tf.zerosLike(keys);
      let dv: tf.Tensor = tf.zerosLike(values);
      for (const block of blocks) {
        const [dqPart, dkNext, dvNext] = tf.tidy(() => {
          const { row, rows } = block;
          const queries = cut(q, head, heads, row, rows);
          const dyPart = cut(dy, head, heads, row, rows);
          const square = [heads, rows, keys.shape[1]!];
          const weights = weightsOf(queries, keys);
          const dkept = tf.reshape(product(dyPart, values, false, true), weights.shape);
          const factors = dropout && factorsOf(dropout, block, q.shape[1]!, keys.shape[1]!);
          const [kept, dweights] = [weights, dkept].map((x) => (factors ? tf.mul(x, factors) : x));
          const dscores = tf.reshape(tf.mul(softmaxRowsGradient(dweights, weights), scale), square);
          return [
            product(dscores, keys),
            tf.add(dk, product(dscores, queries, true)),
            tf.add(dv, product(tf.reshape(kept, square), dyPart, true)),
          ];
        });
        dk.dispose();
        dv.dispose();
        dq.push(dqPart);
        [dk, dv] = [dkNext, dvNext];
      }
      return [join(dq, 1), dk, dv];
    }),
  );
  return [0, 1, 2].map((i) =>
    join(
      groups.map((group) => group[i]),
      0,
    ),
  );
}
