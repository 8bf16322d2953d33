import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeKernels, expectNoLeak, relativeError } from './testing';

const dtype = fc.constantFrom('float32', 'int32', 'bool');
const shape = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 });
const values = (size: number, type: 'float32' | 'int32' | 'bool') =>
  Array.from({ length: size }, (_, i) => (type === 'bool' ? i % 2 : i));
const numbered = (dims: number[], type: 'float32' | 'int32' | 'bool') =>
  tf.tensor(values(tf.util.sizeFromShape(dims), type), dims, type);

/** Index of an element of a row-major array. */
const flat = (at: readonly number[], dims: readonly number[]) => at.reduce((sum, n, axis) => sum * dims[axis] + n, 0);

function* positions(dims: readonly number[], at: number[] = []): Generator<number[]> {
  if (at.length === dims.length) yield at;
  else for (let n = 0; n < dims[at.length]; n++) yield* positions(dims, [...at, n]);
}

describeKernels('kernels in the place of stock ones', () => {
  it('slices any box', () => {
    const box = shape.chain((dims) =>
      fc.record({
        dims: fc.constant(dims),
        begin: fc.tuple(...dims.map((n) => fc.integer({ min: 0, max: n - 1 }))),
        size: fc.tuple(...dims.map(() => fc.integer({ min: 0, max: 5 }))),
        type: dtype,
      }),
    );
    fc.assert(
      fc.property(box, ({ dims, begin, size, type }) => {
        const cut = size.map((n, axis) => Math.min(n, dims[axis] - begin[axis]));
        expectNoLeak(() => {
          const x = numbered(dims, type as 'float32');
          const y = tf.slice(x, begin, cut);
          const source = x.dataSync();
          const expected = [...positions(cut)].map(
            (at) =>
              source[
                flat(
                  at.map((n, a) => n + begin[a]),
                  dims,
                )
              ],
          );
          expect(y.shape).toEqual(cut);
          expect(y.dtype).toBe(type);
          expect([...y.dataSync()]).toEqual(expected);
        });
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('concatenates along any axis', () => {
    const parts = shape.chain((dims) =>
      fc.record({
        dims: fc.constant(dims),
        axis: fc.integer({ min: 0, max: dims.length - 1 }),
        lengths: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 }),
        type: dtype,
      }),
    );
    fc.assert(
      fc.property(parts, ({ dims, axis, lengths, type }) => {
        const shapes = lengths.map((n) => dims.map((m, a) => (a === axis ? n : m)));
        expectNoLeak(() => {
          const tensors = shapes.map((s) => numbered(s, type as 'float32'));
          const y = tf.concat(tensors, axis);
          const sources = tensors.map((t) => t.dataSync());
          const expected = [...positions(y.shape)].map((at) => {
            let part = 0;
            let n = at[axis];
            while (n >= lengths[part]) n -= lengths[part++];
            return sources[part][
              flat(
                at.map((m, a) => (a === axis ? n : m)),
                shapes[part],
              )
            ];
          });
          expect(y.shape[axis]).toBe(lengths.reduce((a, b) => a + b));
          expect([...y.dataSync()]).toEqual(expected);
        });
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  it('splits along any axis, and pads a matrix', () => {
    const x = numbered([2, 6, 3], 'float32');
    const parts = tf.split(x, [1, 3, 2], 1);
    expect(parts.map((part) => [...part.dataSync()])).toEqual(
      [
        [0, 1],
        [1, 4],
        [4, 6],
      ].map(([from, to]) => [0, 1].flatMap((row) => [...x.dataSync().slice(18 * row + 3 * from, 18 * row + 3 * to)])),
    );
    const padded = tf.pad2d(tf.tensor2d([0, 1, 2, 3], [2, 2], 'int32'), [
      [0, 0],
      [1, 2],
    ]);
    expect([...padded.dataSync()]).toEqual([0, 0, 1, 0, 0, 0, 2, 3, 0, 0]);
    const framed = tf.pad2d(
      tf.tensor2d([[0]]),
      [
        [1, 0],
        [0, 1],
      ],
      7,
    );
    expect([...framed.dataSync()]).toEqual([7, 7, 0, 7]);
    tf.dispose([x, parts, padded, framed]);
  });

  it('sums and averages along any axes, and over millions of values', () => {
    const axes = shape.chain((dims) =>
      fc.record({
        dims: fc.constant(dims),
        axis: fc.subarray(dims.map((_, a) => a)),
        keepDims: fc.boolean(),
        type: fc.constantFrom('float32', 'int32'),
      }),
    );
    fc.assert(
      fc.property(axes, ({ dims, axis, keepDims, type }) => {
        const kept = dims.map((n, a) => (axis.includes(a) ? 1 : n));
        expectNoLeak(() => {
          const x = numbered(dims, type as 'float32');
          const source = x.dataSync();
          const expected = new Float64Array(tf.util.sizeFromShape(kept));
          for (const at of positions(dims)) {
            expected[
              flat(
                at.map((n, a) => (axis.includes(a) ? 0 : n)),
                kept,
              )
            ] += source[flat(at, dims)];
          }
          const [sum, mean] = [tf.sum(x, axis, keepDims), tf.mean(x, axis, keepDims)];
          expect(sum.shape).toEqual(keepDims ? kept : dims.filter((_, a) => !axis.includes(a)));
          expect(sum.dtype).toBe(type);
          expect([...sum.dataSync()]).toEqual([...expected]);
          const count = source.length / expected.length;
          expect(
            relativeError(
              mean.dataSync(),
              expected.map((total) => total / count),
            ),
          ).toBeLessThan(1e-6);
        });
      }),
      { seed: 3, numRuns: 200 },
    );
    const many = tf.fill([1 << 21, 3], 0.0007);
    const exact = Math.fround(0.0007);
    expect(tf.mean(many).dataSync()[0] / exact - 1).toBeCloseTo(0, 6);
    for (const total of tf.sum(many, 0).dataSync()) expect(total / (exact * (1 << 21)) - 1).toBeCloseTo(0, 6);
    many.dispose();
  });

  it('clones without a copy, and each owner frees its own', () => {
    const x = tf.tensor1d([1, 2, 3]);
    const y = x.clone();
    x.dispose();
    expect([...y.dataSync()]).toEqual([1, 2, 3]);
    y.dispose();
    const words = tf.tensor1d(['a', 'b']);
    expect(words.clone().dataSync()).toEqual(['a', 'b']);
  });

  it('keeps gradients of slices and concatenations', () => {
    const x = tf.tensor2d([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const weights = tf.tensor2d([
      [1, 10, 1],
      [100, 1000, 100],
    ]);
    const gradient = tf.grad((t: tf.Tensor) =>
      tf.sum(tf.mul(tf.concat([tf.slice(t, [0, 1], [2, 2]), tf.slice(t, [0, 0], [2, 1])], 1), weights)),
    );
    expect([...gradient(x).dataSync()]).toEqual([1, 1, 10, 100, 100, 1000]);
  });
});
