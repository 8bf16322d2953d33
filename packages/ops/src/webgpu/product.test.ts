import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { matMulReference } from '../reference/matrices';
import { expectClose, upload } from '../testing/behaviour';
import { CaseRandom } from '../testing/random';
import type { WebgpuBackend } from './backend';
import { Call } from './call';
import { plainProduct } from './matrixCheck';
import type { Operands } from './product';
import { LARGE, SMALL, splitsFor, THIN, tileFor, type Tile } from './product.tiles';
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

  it.each(ways)('are right with $splits parts in tiles of $tile.rows by $tile.columns', (way) => expectProduct(way));

  it.each([1e-20, 1e15])('with scaled factors around %d are right', (size) =>
    expectProduct({ tile: SMALL, splits: 1, operands: { type: 'f32', scaled: true }, size }),
  );

  interface Way {
    tile: Tile;
    splits: number;
    operands?: Operands;
    size?: number;
  }

  async function expectProduct({ tile, splits, operands, size = 1 }: Way): Promise<void> {
    const random = new CaseRandom(5);
    const [rows, columns, depth] = [131, 67, 50]; // beyond a whole tile each way
    const [a, b] = [random.tensor([rows, depth], size), random.tensor([depth, columns], 1 / size)];
    const inputs = [a, b].map(upload);
    const y = Call.open('test', tf.backend() as WebgpuBackend, (call) =>
      plainProduct(call, inputs[0], inputs[1], { tile, splits, operands }),
    );
    await expectClose(tf.engine().makeTensorFromTensorInfo(y), matMulReference(a, b, false, false));
  }
});
