import { util } from '@tensorflow/tfjs-core';
import { kernel } from './kernel';
import { product } from './product';
import { each } from './program';

/** a [.., M, K] times b [.., K, N], either transposed; rank 2, or rank 3 with equal batches. */
export const matMul = kernel<'a' | 'b', { readonly transposeA: boolean; readonly transposeB: boolean }>(
  'Paired3dMatMul',
  (call, { a, b }, { transposeA, transposeB }) => {
    const rank = a.shape.length;
    const batch = rank === 3 ? a.shape[0] : 1;
    const [first, second] = a.shape.slice(-2);
    const [rows, depth] = transposeA ? [second, first] : [first, second];
    const columns = transposeB ? b.shape[rank - 2] : b.shape[rank - 1];
    const y = call.output(rank === 3 ? [batch, rows, columns] : [rows, columns]);
    if (depth === 0) {
      const code = 'fn element(i: i32) { y[i] = 0.0; }';
      call.run(each(util.sizeFromShape(y.shape), { name: 'zero', reads: {}, writes: { y }, code }));
      return y;
    }
    const left = transposeA ? 'step.x * u.rows + row.x' : 'row.x * u.depth + step.x';
    const right = transposeB ? 'column * u.depth + k' : 'k * u.columns + column';
    const spec = {
      name: 'product',
      batch,
      rows,
      columns,
      depth,
      leftAlong: transposeA ? 'row' : 'step',
      rightAlong: transposeB ? 'step' : 'column',
      reads: { a, b },
      factors: ['a', 'b'],
      code: `fn rowOf(row: i32) -> vec4i { return vec4i(row, 0, 0, 0); }
fn stepOf(k: i32) -> vec4i { return vec4i(k, 0, 0, 0); }
fn left(batch: i32, row: vec4i, step: vec4i) -> f32 { return a[batch * u.rows * u.depth + ${left}]; }
fn right(batch: i32, k: i32, column: i32) -> f32 { return b[batch * u.depth * u.columns + ${right}]; }`,
    } as const;
    product(call, spec, y);
    return y;
  },
);
