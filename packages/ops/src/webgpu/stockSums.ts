import { util, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';
import type { StockKernel } from './kernel';
import { sums } from './sums';

/** A sum over neighbouring axes, as one over the middle of three; undefined for scattered axes. */
function reductionOf(x: TensorInfo, { axis, keepDims }: NamedAttrMap) {
  const axes = util.parseAxisParam(axis as number | number[], x.shape).sort((a, b) => a - b);
  if (axes.length === 0 || axes.at(-1)! - axes[0] !== axes.length - 1) return undefined;
  const end = axes.at(-1)! + 1;
  const kept = x.shape.map((n, a) => (axes.includes(a) ? 1 : n));
  return {
    outer: util.sizeFromShape(x.shape.slice(0, axes[0])),
    length: util.sizeFromShape(x.shape.slice(axes[0], end)),
    inner: util.sizeFromShape(x.shape.slice(end)),
    shape: keepDims ? kept : x.shape.filter((_, a) => !axes.includes(a)),
  };
}

/** In trees, whose rounding does not add up as that of tfjs's running sums does. */
function summation(name: string, finish: string): StockKernel {
  return {
    name,
    run(call, { x }, attributes) {
      const { shape, ...over } = reductionOf(x, attributes)!;
      const y = call.output(shape);
      const code = 'fn term(o: i32, i: i32, c: i32) -> f32 { return x[(o * u.size + i) * u.inner + c]; }';
      const sizes = { integers: { size: over.length }, floats: { summed: over.length } };
      sums(call, { name, ...over, ...sizes, reads: { x }, code, finish }, y);
      return y;
    },
    serves: ([x], attributes) =>
      x.dtype === 'float32' && util.sizeFromShape(x.shape) > 0 && reductionOf(x, attributes) !== undefined,
  };
}

export const sum = summation('Sum', 'total');
export const mean = summation('Mean', 'total / u.summed');
