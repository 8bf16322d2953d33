import { util, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';
import type { StockKernel } from './stock';

interface Reduction {
  /** The tensor as a matrix, and which of its axes goes. */
  readonly rows: number;
  readonly columns: number;
  readonly over: 'rows' | 'columns';
  readonly shape: number[];
}

/** The sum as one along an axis of a matrix; undefined when axes in the middle, or scattered ones, are summed over. */
function reductionOf(x: TensorInfo, { axis, keepDims }: NamedAttrMap): Reduction | undefined {
  const axes = util.parseAxisParam(axis as number | number[], x.shape).sort((a, b) => a - b);
  if (axes.length === 0 || axes.at(-1)! - axes[0] !== axes.length - 1) return undefined;
  const sizeOf = (shape: number[]) => util.sizeFromShape(shape);
  const last = axes.at(-1)! === x.shape.length - 1;
  if (!last && axes[0] !== 0) return undefined;
  const cut = last ? axes[0] : axes.at(-1)! + 1;
  const kept = x.shape.map((n, a) => (axes.includes(a) ? 1 : n));
  return {
    rows: sizeOf(x.shape.slice(0, cut)),
    columns: sizeOf(x.shape.slice(cut)),
    over: last ? 'columns' : 'rows',
    shape: keepDims ? kept : x.shape.filter((_, a) => !axes.includes(a)),
  };
}

/** tfjs's sums run on in single precision, which over a volume costs them the third digit (see assembly/sums.ts). */
function summation(name: string, factorOf: (summed: number) => number): StockKernel {
  return {
    name,
    run(call, { x }, attributes) {
      const { rows, columns, over, shape } = reductionOf(x, attributes)!;
      const y = call.output(shape);
      const factor = factorOf(over === 'rows' ? rows : columns);
      if (over === 'columns') call.kernels.sumOverColumns(call.at(x), call.at(y), rows, columns, factor);
      else {
        const sums = call.scratchDoubles(4 * columns);
        call.kernels.sumOverRows(call.at(x), call.at(y), sums, rows, columns, factor);
      }
      return y;
    },
    serves: ([x], attributes) =>
      x.dtype === 'float32' && util.sizeFromShape(x.shape) > 0 && reductionOf(x, attributes) !== undefined,
  };
}

export const sum = summation('Sum', () => 1);
export const mean = summation('Mean', (summed) => 1 / summed);
