import { backend_util, slice_util, util, type NamedAttrMap, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Call } from './heap';
import { kernel, type WasmKernel } from './kernel';
import { BYTES } from './runs';

/**
 * Kernels of tfjs's own that stand in the way, done again with equal results. Every operation keeps its inputs for the
 * gradient by Identity, which copies them; Slice copies its whole input first; Slice and Concat go block by block in
 * JavaScript, which with few channels is one voxel at a time.
 */
export interface StockKernel extends WasmKernel {
  /** What it does not serve goes to tfjs's own kernel. */
  serves(inputs: readonly TensorInfo[], attributes: NamedAttrMap): boolean;
}

const hasWords = ({ dtype, shape }: TensorInfo) =>
  (dtype === 'float32' || dtype === 'int32') && util.sizeFromShape(shape) > 0;

/** The same values under another name; like reshape, it shares the buffer. */
export const identity: StockKernel = {
  ...kernel<'x'>('Identity', (call, { x }) => call.share(x)),
  serves: ([x]) => x.dtype !== 'string',
};

/** `size` values along each axis from `begin`. */
export const slice: StockKernel = {
  ...kernel<'x', { readonly begin: number | number[]; readonly size: number | number[] }>(
    'Slice',
    (call, { x }, attributes) => {
      const [begin, size] = slice_util.parseSliceParams(x, attributes.begin, attributes.size);
      slice_util.assertParamsValid(x, begin, size);
      const y = call.output(size, x.dtype);
      if (util.sizeFromShape(size) === 0) return y;
      copyBox(call, x, y, begin, size);
      return y;
    },
  ),
  serves: ([x]) => hasWords(x),
};

function copyBox(call: Call, x: TensorInfo, y: TensorInfo, begin: readonly number[], size: readonly number[]): void {
  const strides = [...util.computeStrides(x.shape), 1].slice(-Math.max(1, size.length));
  // From the last axis that is cut short on, values are contiguous; the axis before it is the row of blocks.
  let cut = size.length - 1;
  while (cut > 0 && size[cut] === x.shape[cut]) cut--;
  const words = size.slice(cut).reduce((product, n) => product * n, 1);
  const rows = cut > 0 ? size[cut - 1] : 1;
  const rowStep = cut > 0 ? strides[cut - 1] * BYTES : 0;
  const outer = size.slice(0, Math.max(0, cut - 1));
  const at = begin.reduce((sum, n, axis) => sum + n * strides[axis], 0);
  const [from, to] = [call.at(x) + at * BYTES, call.at(y)];
  const groups = outer.reduce((product, n) => product * n, 1);
  for (let group = 0; group < groups; group++) {
    let offset = 0;
    let rest = group;
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      offset += (rest % outer[axis]) * strides[axis];
      rest = Math.floor(rest / outer[axis]);
    }
    const target = to + group * rows * words * BYTES;
    call.kernels.copyBlocks(from + offset * BYTES, target, rows, words, rowStep, words * BYTES);
  }
}

/** The inputs behind each other along an axis. */
export const concat: StockKernel = {
  name: 'Concat',
  run(call, inputs, attributes) {
    const parts = Object.values(inputs);
    const [first] = parts;
    const axis = util.parseAxisParam(attributes.axis as number, first.shape)[0];
    const shape = [...first.shape];
    shape[axis] = parts.reduce((sum, part) => sum + part.shape[axis], 0);
    if (parts.length === 1) return call.share(first);
    const y = call.output(shape, first.dtype);
    const blocks = shape.slice(0, axis).reduce((product, n) => product * n, 1);
    const wordsOf = (of: readonly number[]) => of.slice(axis).reduce((product, n) => product * n, 1);
    const step = wordsOf(shape) * BYTES;
    let to = call.at(y);
    for (const part of parts) {
      const words = wordsOf(part.shape);
      call.kernels.copyBlocks(call.at(part), to, blocks, words, words * BYTES, step);
      to += words * BYTES;
    }
    return y;
  },
  serves: (inputs) => inputs.every((part) => hasWords(part) && part.dtype === inputs[0].dtype),
};

/** Parts along an axis: the gradient of a concatenation. */
export const split: StockKernel = {
  ...kernel<'x', { readonly numOrSizeSplits: number | number[]; readonly axis: number }>(
    'SplitV',
    (call, { x }, attributes) => {
      const axis = util.parseAxisParam(attributes.axis, x.shape)[0];
      const lengths = backend_util.prepareSplitSize(x as Tensor, attributes.numOrSizeSplits, axis);
      const begin = x.shape.map(() => 0);
      return lengths.map((length) => {
        const size = [...x.shape];
        size[axis] = length;
        const y = call.output(size, x.dtype);
        if (length > 0) copyBox(call, x, y, begin, size);
        begin[axis] += length;
        return y;
      });
    },
  ),
  serves: ([x]) => hasWords(x),
};

/** Zeros around a matrix: the gradient of a slice of columns. */
export const pad: StockKernel = {
  ...kernel<'x', { readonly paddings: readonly [number, number][]; readonly constantValue: number }>(
    'PadV2',
    (call, { x }, { paddings }) => {
      const [rows, columns] = x.shape;
      const shape = [rows, columns + paddings[1][0] + paddings[1][1]];
      const y = call.output(shape, x.dtype);
      call.zero(call.at(y), rows * shape[1]);
      const [from, to] = [columns * BYTES, shape[1] * BYTES];
      call.kernels.copyBlocks(call.at(x), call.at(y) + paddings[1][0] * BYTES, rows, columns, from, to);
      return y;
    },
  ),
  serves: ([x], { paddings, constantValue }) =>
    hasWords(x) && x.shape.length === 2 && constantValue === 0 && (paddings as number[][])[0].every((n) => n === 0),
};
