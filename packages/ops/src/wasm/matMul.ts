import { kernel } from './kernel';
import { BYTES, PANEL, roundUp, sumRuns } from './runs';

/** Length of the sums taken in one pass, so that the panels of both factors stay in cache. */
const BLOCK = 512;

/** a [.., M, K] times b [.., K, N], either transposed; rank 2, or rank 3 with equal batches. */
export const matMul = kernel<'a' | 'b', { readonly transposeA: boolean; readonly transposeB: boolean }>(
  'Paired3dMatMul',
  (call, { a, b }, { transposeA, transposeB }) => {
    const rank = a.shape.length;
    const batches = rank === 3 ? a.shape[0] : 1;
    const [rowsA, columnsA] = a.shape.slice(-2);
    const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
    const n = transposeB ? b.shape[rank - 2] : b.shape[rank - 1];
    const y = call.output(rank === 3 ? [batches, m, n] : [m, n]);

    const panelBytes = k * PANEL * BYTES;
    const weights = call.scratch(k * roundUp(n, PANEL));
    const rows = transposeA ? call.scratch(m * k) : 0;
    const pack = transposeB ? call.kernels.packPanelsTransposed : call.kernels.packPanels;
    if (k === 0) call.zero(call.at(y), batches * m * n);
    for (let batch = 0; batch < batches; batch++) {
      const from = call.at(a) + batch * m * k * BYTES;
      if (transposeA) call.kernels.transpose(from, m * BYTES, rows, k * BYTES, k, m);
      pack(call.at(b) + batch * k * n * BYTES, weights, k, n, panelBytes);
      for (let start = 0; start < k; start += BLOCK) {
        sumRuns(call, {
          x: (transposeA ? rows : from) + start * BYTES,
          weights: weights + start * PANEL * BYTES,
          y: call.at(y) + batch * m * n * BYTES,
          count: [1, 1, m],
          xStep: [0, 0, k * BYTES],
          yStep: [0, 0, n * BYTES],
          channels: n,
          panelBytes,
          runs: [1, 1],
          runStep: [0, 0],
          runBytes: Math.min(BLOCK, k - start) * BYTES,
          accumulate: start > 0,
        });
      }
    }
    return y;
  },
);
