import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { kernel, type StockKernel } from './kernel';
import { each } from './program';

/*
 * Kernels of tfjs's own that fail for rank 5. Those whose shaders merely do not compile are mended in mendShaders.ts.
 */

/** `where`: its condition has the rank of the others, or is a vector over the first axis. */
export const select: StockKernel = {
  ...kernel<'condition' | 't' | 'e'>('Select', (call, { condition, t, e }) => {
    const y = call.output(t.shape, t.dtype);
    const count = util.sizeFromShape(t.shape);
    call.run(
      each(count, {
        name: 'choose',
        reads: { condition, t, e },
        writes: { y },
        integers: { block: count / util.sizeFromShape(condition.shape) },
        code: 'fn element(i: i32) { if (condition[i / u.block] != 0) { y[i] = t[i]; } else { y[i] = e[i]; } }',
      }),
    );
    return y;
  }),
  serves: ([, t, e]) => t.shape.length > 4 && t.dtype === e.dtype && isNumeric(t),
};

/** Order turned round along some axes. */
export const reverse: StockKernel = {
  ...kernel<'x', { readonly dims: number | number[] }>('Reverse', (call, { x }, { dims }) => {
    const y = call.output(x.shape, x.dtype);
    const axes = util.parseAxisParam(dims, x.shape);
    const strides = [...util.computeStrides(x.shape), 1];
    const terms = axes.map((axis) => `mirrored(i, u.size${axis}, u.stride${axis})`);
    call.run(
      each(util.sizeFromShape(x.shape), {
        name: 'reverse',
        reads: { x },
        writes: { y },
        integers: Object.fromEntries(
          axes.flatMap((axis) => [
            [`size${axis}`, x.shape[axis]],
            [`stride${axis}`, strides[axis]],
          ]),
        ),
        code: `
fn mirrored(i: i32, size: i32, stride: i32) -> i32 { return (size - 1 - 2 * (i / stride % size)) * stride; }
fn element(i: i32) { y[i] = x[${['i', ...terms].join(' + ')}]; }`,
      }),
    );
    return y;
  }),
  serves: ([x]) => x.shape.length > 4 && isNumeric(x),
};

/** A constant around. */
export const pad: StockKernel = {
  ...kernel<'x', { readonly paddings: readonly [number, number][]; readonly constantValue: number }>(
    'PadV2',
    (call, { x }, { paddings, constantValue }) => {
      const shape = x.shape.map((n, axis) => n + paddings[axis][0] + paddings[axis][1]);
      const y = call.output(shape, x.dtype);
      const [strides, strides0] = [shape, x.shape].map((sizes) => [...util.computeStrides(sizes), 1]);
      const sizes = x.shape.map((n, axis) => ({ n, low: paddings[axis][0], to: strides[axis], of: strides0[axis] }));
      const integers = sizes.flatMap((size, axis) => Object.entries(size).map(([name, n]) => [`${name}${axis}`, n]));
      const steps = sizes.map(
        (_, axis) => `
  let at${axis} = rest / u.to${axis} - u.low${axis};
  rest = rest % u.to${axis};
  inside = inside && at${axis} >= 0 && at${axis} < u.n${axis};
  source += at${axis} * u.of${axis};`,
      );
      call.run(
        each(util.sizeFromShape(shape), {
          name: 'pad',
          reads: { x },
          writes: { y },
          integers: Object.fromEntries(integers),
          floats: { constant: constantValue },
          code: `fn element(i: i32) {
  var rest = i;
  var source = 0;
  var inside = true;${steps.join('')}
  if (inside) { y[i] = x[source]; } else { y[i] = ${x.dtype === 'float32' ? '' : 'i32'}(u.constant); }
}`,
        }),
      );
      return y;
    },
  ),
  serves: ([x]) => x.shape.length > 4 && isNumeric(x),
};

function isNumeric({ dtype, shape }: TensorInfo): boolean {
  return ['float32', 'int32', 'bool'].includes(dtype) && util.sizeFromShape(shape) > 0;
}
