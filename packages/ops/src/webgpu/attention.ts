import type { TensorInfo } from '@tensorflow/tfjs-core';
import { attentionTiles, innerProducts, setScores } from './attention.tiles';
import type { Call } from './call';
import { kernel } from './kernel';
import { LOWEST } from './rows';
import { sums } from './sums';

interface Inputs {
  readonly q: TensorInfo;
  readonly k: TensorInfo;
  readonly v: TensorInfo;
}

/** q [N, S, E], k [N, T, E], v [N, T, F] to softmax(q k^T / sqrt(E)) v [N, S, F]. */
export const attention = kernel<'q' | 'k' | 'v'>('Paired3dAttention', (call, { q, k, v }) => {
  const y = call.output([...q.shape.slice(0, 2), v.shape[2]]);
  forward(call, { q, k, v }, y);
  return y;
});

/** [dq, dk, dv] from dy [N, S, F]: the weights are made again from the logarithms of their sums. */
export const attentionGrad = kernel<'dy' | 'q' | 'k' | 'v'>('Paired3dAttentionGrad', (call, { dy, q, k, v }) => {
  const [dq, dk, dv] = [q, k, v].map(({ shape }) => call.output(shape));
  const [heads, queries, width] = q.shape;
  const [keys, values] = [k.shape[1], v.shape[2]];
  const y = call.scratch([heads, queries, values]);
  const logSums = forward(call, { q, k, v }, y);
  // The sum over keys of weight times its gradient is that over columns of y dy.
  const along = call.scratch([heads, queries]);
  const code = 'fn term(o: i32, i: i32, c: i32) -> f32 { return out[o * u.length + i] * dy[o * u.length + i]; }';
  const rows = { outer: heads * queries, length: values, inner: 1 };
  sums(call, { name: 'along', ...rows, reads: { out: y, dy }, code }, along);

  const shared = { heads, integers: { width, valueWidth: values }, floats: { scale: 1 / Math.sqrt(width) } };
  const ofQueries = { ...shared, rows: queries, others: keys };
  const ofKeys = { ...shared, rows: keys, others: queries };
  const weight = (query: string) => `exp(dots[i][j] * u.scale - logSums[head * u.${query}])`;
  const score = (query: string) => `${weight(query)} * (gradients[i][j] - along[head * u.${query}]) * u.scale`;
  call.run(
    attentionTiles({
      ...ofQueries,
      name: 'dq',
      columns: width,
      reads: { q, values: k, v, dy, logSums, along },
      writes: { out: dq },
      weights:
        innerProducts('dots', 'q', 'values', 'width') +
        innerProducts('gradients', 'dy', 'v', 'valueWidth') +
        setScores(score('rows + row'), '0.0'),
    }),
  );
  call.run(
    attentionTiles({
      ...ofKeys,
      name: 'dk',
      columns: width,
      reads: { values: q, k, v, dy, logSums, along },
      writes: { out: dk },
      weights:
        innerProducts('dots', 'k', 'values', 'width') +
        innerProducts('gradients', 'v', 'dy', 'valueWidth') +
        setScores(score('others + other'), '0.0'),
    }),
  );
  call.run(
    attentionTiles({
      ...ofKeys,
      name: 'dv',
      columns: values,
      reads: { q, k, values: dy, logSums },
      writes: { out: dv },
      weights: innerProducts('dots', 'k', 'q', 'width') + setScores(weight('others + other'), '0.0'),
    }),
  );
  return [dq, dk, dv];
});

/** Of each row, over the tiles so far: the largest score, and the sum of exponentials below it. */
const RUNNING = `
var<workgroup> most: array<f32, 32>;
var<workgroup> total: array<f32, 32>;
var<workgroup> shrink: array<f32, 32>;
`;

/** Softmax as the scores come by (M. Milakov, N. Gimelshein, 2018): what was summed so far shrinks when a larger one comes. */
const ONLINE = `
    workgroupBarrier();
    if (thread < 32) {
      let before = select(most[thread], ${LOWEST}, firstOther == 0);
      var largest = before;
      for (var n = 0; n < 32; n++) { largest = max(largest, scores[thread * 32 + n]); }
      let factor = exp(before - largest);
      var sum = select(total[thread] * factor, 0.0, firstOther == 0);
      for (var n = 0; n < 32; n++) {
        let weight = exp(scores[thread * 32 + n] - largest);
        scores[thread * 32 + n] = weight;
        sum += weight;
      }
      most[thread] = largest;
      total[thread] = sum;
      shrink[thread] = factor;
    }
    workgroupBarrier();
    for (var i = 0; i < 4; i++) {
      sums[2 * i] *= shrink[down + 8 * i];
      sums[2 * i + 1] *= shrink[down + 8 * i];
    }`;

const DIVIDE = `
  for (var i = 0; i < 4; i++) {
    sums[2 * i] /= total[down + 8 * i];
    sums[2 * i + 1] /= total[down + 8 * i];
  }
  if (firstColumn == 0 && thread < 32 && firstRow + thread < u.rows) {
    logSums[head * u.rows + firstRow + thread] = most[thread] + log(total[thread]);
  }`;

/** Records y, and gives the logarithms of the sums of exponentials [N, S]. */
function forward(call: Call, { q, k, v }: Inputs, y: TensorInfo): TensorInfo {
  const [heads, rows, width] = q.shape;
  const logSums = call.scratch([heads, rows]);
  call.run(
    attentionTiles({
      name: 'forward',
      heads,
      rows,
      others: k.shape[1],
      columns: v.shape[2],
      reads: { q, k, values: v },
      writes: { out: y, logSums },
      integers: { width },
      floats: { scale: 1 / Math.sqrt(width) },
      declare: RUNNING,
      weights: innerProducts('dots', 'q', 'k', 'width') + setScores('dots[i][j] * u.scale', LOWEST) + ONLINE,
      finish: DIVIDE,
    }),
  );
  return logSums;
}
