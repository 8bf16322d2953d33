import { dispose, engine, tensor2d, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import type { WebgpuBackend } from './backend';
import { Call } from './call';
import { HALF, product, WHOLE, type Product } from './product';
import { matrixTile, SMALL } from './product.tiles';
import type { SubgroupMatrix } from './subgroupMatrix';

/** Beyond whole tiles each way, so that edges are tried too. */
const [ROWS, COLUMNS, DEPTH] = [300, 77, 70];
/** Of the largest value. Factors are whole numbers that half precision holds, sums of them are of more digits than it has. */
const TOLERANCE = 1e-5;

/**
 * What is wrong with a device's products in subgroup matrices, by a look at the largest tile and at the smallest, beside the
 * ordinary kernel in float32; undefined if nothing is. Drivers are new to these matrices, and so is WebGPU.
 */
export async function matrixTrouble(backend: WebgpuBackend, matrix: SubgroupMatrix): Promise<string | undefined> {
  const numbers = (size: number, step: number) =>
    Float32Array.from({ length: size }, (_, i) => ((step * i) % 211) - 105);
  const a = tensor2d(numbers(ROWS * DEPTH, 37), [ROWS, DEPTH]);
  const b = tensor2d(numbers(DEPTH * COLUMNS, 53), [DEPTH, COLUMNS]);
  const made: Tensor[] = [a, b];
  const multiply = (way: Pick<Product, 'tile' | 'operands'>) => {
    const y = Call.open('check of subgroup matrices', backend, (call) => plainProduct(call, a, b, way));
    made.push(engine().makeTensorFromTensorInfo(y));
    return backend.read(y.dataId) as Promise<Float32Array>;
  };
  try {
    const expected = await multiply({ tile: SMALL, operands: WHOLE });
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    for (const [down, across] of [
      [2, 4],
      [1, 1],
    ]) {
      const operands = matrix.type === 'f16' ? HALF : WHOLE;
      const actual = await multiply({ tile: matrixTile(matrix, down, across), operands });
      const wrong = expected.findIndex((value, i) => !(Math.abs(actual[i] - value) <= TOLERANCE * largest));
      if (wrong >= 0) return `a product is ${actual[wrong]} instead of ${expected[wrong]}`;
    }
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    dispose(made);
  }
}

/** [M, K] times [K, N]. */
export function plainProduct(
  call: Call,
  a: TensorInfo,
  b: TensorInfo,
  way: Pick<Product, 'tile' | 'operands' | 'splits'>,
): TensorInfo {
  const y = call.output([a.shape[0], b.shape[1]]);
  const spec = {
    ...{ name: 'product', rows: a.shape[0], columns: b.shape[1], depth: a.shape[1], reads: { a, b }, ...way },
    ...({ leftAlong: 'step', rightAlong: 'column', factors: ['a', 'b'] } as const),
    code: `fn rowOf(row: i32) -> vec4i { return vec4i(row, 0, 0, 0); }
fn stepOf(k: i32) -> vec4i { return vec4i(k, 0, 0, 0); }
fn left(batch: i32, row: vec4i, step: vec4i) -> f32 { return a[row.x * u.depth + step.x]; }
fn right(batch: i32, k: i32, column: i32) -> f32 { return b[k * u.columns + column]; }`,
  };
  product(call, spec, y);
  return y;
}
