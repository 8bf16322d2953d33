// The table of what was measured.
import { figure, table } from './table.mjs';

/** Work per second: GFLOP/s, or GB/s for what moves memory. */
function rate({ flops, bytes }, ms) {
  if (ms === undefined) return '–';
  return flops ? `${figure(flops / ms / 1e6)} GFLOP/s` : `${figure(bytes / ms / 1e6)} GB/s`;
}

const megabytes = (bytes) => (bytes === undefined ? '–' : figure(bytes / 1e6));
const times = (value) => (value === undefined ? '–' : `${figure(value)}x`);

/** The kernels: one row a case. */
export function kernelTable(rows) {
  return table(rows, [
    { title: 'kernel', of: ({ name }) => name, left: true },
    { title: 'shapes', of: ({ what }) => what, left: true },
    { title: 'preset', of: ({ sizes }) => sizes, left: true },
    { title: 'ours', of: ({ work, ms }) => rate(work, ms.ours) },
    { title: 'ms', of: ({ ms }) => figure(ms.ours) },
    { title: 'stock ms', of: ({ ms, stock }) => (ms.stock === undefined ? (stock ?? '–') : figure(ms.stock)) },
    { title: 'PyTorch ms', of: ({ ms }) => figure(ms.torch) },
    { title: 'peak MB', of: ({ memory }) => megabytes(memory.ours) },
    { title: 'PyTorch MB', of: ({ memory }) => megabytes(memory.torch) },
    { title: 'over stock', of: ({ overStock }) => times(overStock) },
    { title: 'over PyTorch', of: ({ overTorch }) => times(overTorch) },
  ]);
}

/** Training steps and sampling: one row each. */
export function stepTable(rows) {
  return table(rows, [
    { title: 'step', of: ({ name }) => name, left: true },
    { title: 'sizes', of: ({ what }) => what, left: true },
    { title: 'preset', of: ({ sizes }) => sizes, left: true },
    { title: 'ms', of: ({ ms }) => figure(ms.ours) },
    { title: 'stock ms', of: ({ ms }) => figure(ms.stock) },
    { title: 'PyTorch ms', of: ({ ms }) => figure(ms.torch) },
    {
      title: 'outside kernels',
      of: ({ overhead }) => (overhead === undefined ? '–' : `${(100 * overhead).toFixed(1)} %`),
    },
    { title: 'peak MB', of: ({ memory }) => megabytes(memory.ours) },
    { title: 'PyTorch MB', of: ({ memory }) => megabytes(memory.torch) },
    { title: 'over stock', of: ({ overStock }) => times(overStock) },
    { title: 'over PyTorch', of: ({ overTorch }) => times(overTorch) },
  ]);
}

/** Training steps on one and on several workers: one row each. */
export function workerTable(rows, workers) {
  return table(rows, [
    { title: 'step', of: ({ name }) => name, left: true },
    { title: 'sizes', of: ({ what }) => what, left: true },
    { title: '1 worker, ms', of: ({ ms }) => figure(ms.one) },
    { title: `${workers} workers, ms`, of: ({ ms }) => figure(ms.several) },
    { title: `PyTorch, ${workers} threads, ms`, of: ({ ms }) => figure(ms.torch) },
    { title: 'over 1 worker', of: ({ scaling }) => times(scaling) },
    { title: 'over PyTorch', of: ({ overTorch }) => times(overTorch) },
  ]);
}
