import { Random } from '@paired3d/nn';
import { beforeAll, expect, it } from 'vitest';
import { augmentPresets } from '../data/augment';
import type { PreparedPair, Size3 } from '../data/types';
import { augmentedTensor } from '../stages/pairs';
import { meterHeap, useWasm } from '../testing';
import { augmentationFloats } from './augmentation';
import { product } from './floats';

let peakOf: ReturnType<typeof meterHeap>;

beforeAll(async () => {
  await useWasm();
  peakOf = meterHeap();
});

const SIZE: Size3 = [32, 24, 32];
const FINE: Size3 = [64, 48, 64];

it.each([
  { labels: 1, finer: undefined },
  { labels: 1, finer: FINE },
  { labels: 3, finer: FINE },
])('augmenting $labels labels, on a finer grid $finer, takes what is estimated', async ({ labels, finer }) => {
  const scan = (size: Size3) => new Float32Array(product(size) * labels);
  const pair: PreparedPair = { id: '1', labels, fixed: scan(SIZE), moving: scan(SIZE), size: SIZE, extent: SIZE };
  if (finer) pair.fine = { fixed: scan(finer), moving: scan(finer), size: finer };
  const measured = await peakOf(() => augmentedTensor(pair, augmentPresets.full, new Random(1)).dispose());
  const ratio = (4 * augmentationFloats(SIZE, labels, finer)) / measured;
  expect(ratio).toBeGreaterThan(0.9);
  expect(ratio).toBeLessThan(1.35);
});
