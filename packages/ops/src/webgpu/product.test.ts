import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { matMulReference } from '../reference/matrices';
import { expectClose, upload } from '../testing/behaviour';
import { CaseRandom } from '../testing/random';
import type { WebgpuBackend } from './backend';
import { Call } from './call';
import { LARGE, product, SMALL, splitsFor, THIN, tileFor } from './product';
import { describeKernels } from './testing';

describe('the shape of a product', () => {
  it('chooses its tile', () => {
    expect(tileFor(64 ** 3, 32)).toBe(SMALL);
    expect(tileFor(64 ** 3, 64)).toBe(LARGE);
    expect(tileFor(8 ** 3, 64)).toBe(SMALL);
    expect(tileFor(64 ** 3, 3)).toBe(THIN);
  });

  it('splits long sums of few results, so that a card is busy', () => {
    expect(splitsFor(27 * 32, 32, 64 ** 3)).toBe(5);
    expect(splitsFor(27, 1, 64 ** 3)).toBe(128);
    expect(splitsFor(27, 1, 200)).toBe(1);
  });
});

describeKernels('products', () => {
  const ways = [LARGE, SMALL, THIN].flatMap((tile) => [1, 3].map((splits) => ({ tile, splits })));

  it.each(ways)('are right with $splits parts in tiles of $tile.rows by $tile.columns', async ({ tile, splits }) => {
    const random = new CaseRandom(5);
    const [rows, columns, depth] = [131, 67, 50]; // beyond a whole tile each way
    const [a, b] = [random.tensor([rows, depth]), random.tensor([depth, columns])];
    const inputs = [a, b].map(upload);
    const y = Call.open('test', tf.backend() as WebgpuBackend, (call) => {
      const made = call.output([rows, columns]);
      const spec = {
        ...{ name: 'product', rows, columns, depth, splits, tile, reads: { a: inputs[0], b: inputs[1] } },
        ...({ leftAlong: 'step', rightAlong: 'column' } as const),
        code: `fn rowOf(row: i32) -> vec4i { return vec4i(row, 0, 0, 0); }
fn stepOf(k: i32) -> vec4i { return vec4i(k, 0, 0, 0); }
fn left(batch: i32, row: vec4i, step: vec4i) -> f32 { return a[row.x * u.depth + step.x]; }
fn right(batch: i32, k: i32, column: i32) -> f32 { return b[k * u.columns + column]; }`,
      };
      product(call, spec, made);
      return made;
    });
    await expectClose(tf.engine().makeTensorFromTensorInfo(y), matMulReference(a, b, false, false));
  });
});
