import { Random } from '@paired3d/nn';
import { beforeAll, describe, expect, it } from 'vitest';
import { augmentPresets } from '../data/augment';
import { phantomSource } from '../data/phantom/source';
import type { PreparedPair } from '../data/types';
import { augmentedTensor, readPair } from '../stages/pairs';
import { leaked, NOTHING, useWasm } from '../testing';
import { nearestScan, scanAs } from './nearest';
import { spreadOf } from './spread';

beforeAll(useWasm);

const source = phantomSource({ size: [24, 20, 24], spacing: 10, cases: { train: 3, test: 0 } });
const phantoms = async (): Promise<PreparedPair[]> =>
  Promise.all((await source.list('train')).map((id) => source.load('train', id)));

describe('nearestScan', () => {
  it('finds the scan that was mirrored, moved and deformed, and tells it from others', async () => {
    const pairs = await phantoms();
    for (const [n, pair] of pairs.slice(0, 2).entries()) {
      const augmented = augmentedTensor(pair, augmentPresets.full, Random.of('nearest', n));
      const [copy] = await readPair(augmented);
      augmented.dispose();
      const found = await nearestScan(copy, pairs);
      expect(found!.id).toBe(pair.id);
      const others = await nearestScan(
        pair.fixed,
        pairs.filter((other) => other !== pair),
      );
      expect(others!.overlap).toBeLessThan(found!.overlap - 0.08);
    }
  });

  it('says how it was mirrored', async () => {
    const pairs = await phantoms();
    const mirrored = scanAs(pairs[2], { image: 'moving', mirrored: true });
    const found = await nearestScan(mirrored, pairs);
    expect(found).toMatchObject({ id: pairs[2].id, image: 'moving', mirrored: true });
    expect(found!.overlap).toBeGreaterThan(0.999);
    expect(await nearestScan(mirrored, [])).toBeUndefined();
  });

  it('leaves no tensors behind', async () => {
    const pairs = await phantoms();
    expect(await leaked(() => nearestScan(pairs[0].fixed, pairs.slice(1)))).toEqual(NOTHING);
  });
});

it('scanAs mirrors along i, on a slice along j', () => {
  const pair = (size: [number, number, number]) => ({
    id: '',
    size,
    extent: size,
    fixed: Float32Array.of(1, 2, 3, 4, 5, 6),
    moving: new Float32Array(6),
  });
  const how = { image: 'fixed', mirrored: true } as const;
  expect([...scanAs(pair([3, 1, 2]), how)]).toEqual([5, 6, 3, 4, 1, 2]);
  expect([...scanAs(pair([1, 3, 2]), how)]).toEqual([5, 6, 3, 4, 1, 2]);
  expect([...scanAs(pair([1, 3, 2]), { ...how, mirrored: false })]).toEqual([1, 2, 3, 4, 5, 6]);
});

describe('spreadOf', () => {
  it('is 0 for pairs that are all the same and 1 for noise; nothing for one pair', async () => {
    const [pair, ...others] = await phantoms();
    expect(spreadOf([pair, pair, pair])).toBeCloseTo(0, 5);
    const noise = [0, 1, 2].map((n) => {
      const random = Random.of('noise', n);
      return {
        ...pair,
        fixed: pair.fixed.map(() => random.uniform()),
        moving: pair.moving.map(() => random.uniform()),
      };
    });
    expect(Math.abs(spreadOf(noise)! - 1)).toBeLessThan(0.05);
    const all = spreadOf([pair, ...others])!;
    expect(all).toBeGreaterThan(0.2);
    expect(all).toBeLessThan(0.95);
    expect(spreadOf([pair])).toBeUndefined();
  });
});
