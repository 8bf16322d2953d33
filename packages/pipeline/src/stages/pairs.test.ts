import { Random } from '@paired3d/nn';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { augmentPresets, noAugmentation } from '../data/augment';
import { averagePool } from '../data/frame';
import type { PairSource, PreparedPair, Size3 } from '../data/types';
import { Interrupted, PipelineError } from '../errors';
import { NOTHING, leaked, smallestConfig, testContext, useWasm } from '../testing';
import {
  augmentedTensor,
  drawnTensor,
  hashPairs,
  loadPairs,
  loadTrainingPairs,
  pairTensor,
  pooledImages,
  pooledSize,
  splitPair,
} from './pairs';
import { RollingPairs } from './rollingPairs';

beforeAll(useWasm);

const SIZE: Size3 = [6, 4, 8];
const VOXELS = 6 * 4 * 8;

const pair = (id: string, changes: Partial<PreparedPair> = {}): PreparedPair => ({
  id,
  fixed: Random.of(id, 'fixed').uniforms(VOXELS),
  moving: Random.of(id, 'moving').uniforms(VOXELS),
  size: SIZE,
  extent: [60, 40, 80],
  ...changes,
});

const sourceOf = (pairs: PreparedPair[]): PairSource => ({
  name: 'pairs in memory',
  list: async (split) => (split === 'train' ? pairs.map(({ id }) => id) : []),
  load: async (_, id) => pairs.find((one) => one.id === id)!,
});

function contextOf(validation: number | string[], pairs = [pair('a'), pair('b'), pair('c')]) {
  return testContext({ config: { ...smallestConfig(3), validation }, source: sourceOf(pairs) });
}

describe('loading', () => {
  const split = async (validation: number | string[]) => {
    const { training, validation: held } = await loadTrainingPairs(contextOf(validation));
    return [training, held].map((pairs) => pairs.map(({ id }) => id).join(''));
  };

  it('holds the last pairs out, or the named ones', async () => {
    expect(await split(0)).toEqual(['abc', '']);
    expect(await split(1)).toEqual(['ab', 'c']);
    expect(await split(['a', 'c'])).toEqual(['b', 'ac']);
  });

  it.each<[string, number | string[]]>([
    ['all', 3],
    ['more than all', 4],
    ['many more than all', 40],
    ['an unknown one', ['a', 'x']],
  ])('refuses to hold out %s', async (_, validation) => {
    const load = loadTrainingPairs(contextOf(validation));
    await expect(load).rejects.toThrow(PipelineError);
    await expect(load).rejects.toThrow('validation: expected some, not all, of the training pairs a, b, c');
  });

  it('refuses an empty split, and grids that differ', async () => {
    await expect(loadPairs(contextOf(0), 'test')).rejects.toThrow(
      'pairs in memory, test pairs: expected at least one pair',
    );
    const odd = pair('b', { size: [4, 6, 8] });
    await expect(loadPairs(contextOf(0, [pair('a'), odd]), 'train')).rejects.toThrow(
      'every pair on a grid of 6 x 4 x 8',
    );
  });

  it('can be interrupted', async () => {
    const context = { ...contextOf(0), signal: AbortSignal.abort() };
    await expect(loadPairs(context, 'train')).rejects.toThrow(Interrupted);
  });

  it('hashes ids, images and landmarks', async () => {
    const points = { fixed: Float32Array.of(0, 0, 0), moving: Float32Array.of(0, 0, 0.5), count: 1 };
    const base = await hashPairs([pair('a')]);
    expect(await hashPairs([pair('a')])).toBe(base);
    const other = pair('a').fixed.slice();
    other[0] += 0.1;
    const variants = [[pair('b')], [pair('a', { fixed: other })], [pair('a', { landmarks: { exact: points } })], []];
    const hashes = await Promise.all(variants.map(hashPairs));
    expect(new Set([base, ...hashes]).size).toBe(5);
  });
});

describe('tensors of pairs', () => {
  it('hold fixed and moving as channels', async () => {
    const one = pair('a');
    const tensor = pairTensor(one);
    expect(tensor.shape).toEqual([1, ...SIZE, 2]);
    const values = await tensor.data();
    expect([values[0], values[1], values[2]]).toEqual([one.fixed[0], one.moving[0], one.fixed[1]]);
    tensor.dispose();
  });

  it('are not changed by no augmentation, and as seeded by another', async () => {
    const one = pair('a');
    const same = await augmentedTensor(one, augmentPresets.none, new Random(1)).data();
    const plain = await pairTensor(one).data();
    same.forEach((value, i) => expect(value).toBeCloseTo(plain[i], 5));
    const draw = (seed: number) => augmentedTensor(one, augmentPresets.big, new Random(seed)).dataSync();
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it('are of finer scans, warped and then pooled, where there are any', async () => {
    const fineSize: Size3 = [12, 8, 16];
    // A sheet of one fine voxel, half as bright on the working grid.
    const sheet = Float32Array.from({ length: 8 * VOXELS }, (_, n) => (n % 16 === 5 ? 1 : 0));
    const coarse = averagePool(sheet, fineSize, [2, 2, 2]);
    const fine = { fixed: sheet, moving: sheet, size: fineSize };
    const one = pair('a', { fixed: coarse, moving: coarse, fine });
    const same = await augmentedTensor(one, augmentPresets.none, new Random(1)).data();
    same.forEach((value, n) => expect(value).toBeCloseTo(coarse[n >> 1], 6));
    // Moved by half a working voxel it stays as thin; from the working grid it would have been smeared over two.
    const draw = noAugmentation(SIZE);
    for (let n = 0; n < draw.fixed.length; n += 3) draw.fixed[n] += 1 / 8;
    const moved = await tf.tidy(() => splitPair(drawnTensor(one, draw))[0]).data();
    const along = [...moved.slice(0, 8)];
    [0, 0, 0.5, 0, 0, 0, 0, 0].forEach((value, k) => expect(along[k]).toBeCloseTo(value, 5));
    const smeared = await tf.tidy(() => splitPair(drawnTensor({ ...one, fine: undefined }, draw))[0]).data();
    [0, 0.25, 0.25, 0, 0, 0, 0, 0].forEach((value, k) => expect(smeared[k]).toBeCloseTo(value, 5));
    expect(await hashPairs([one])).not.toBe(await hashPairs([{ ...one, fine: undefined }]));
  });

  it('pool by averages; an axis of one slice stays', async () => {
    const [fixed, moving] = pooledImages(pairTensor(pair('a')), 2);
    expect([fixed.shape, moving.shape]).toEqual([[1, 3, 2, 4, 1], [1, 3, 2, 4, 1]]); // prettier-ignore
    const { fixed: values } = pair('a');
    const at = (i: number, j: number, k: number) => values[(i * 4 + j) * 8 + k];
    const mean = [0, 1, 2, 3, 4, 5, 6, 7].reduce((sum, n) => sum + at(n >> 2, (n >> 1) & 1, n & 1), 0) / 8;
    expect((await fixed.data())[0]).toBeCloseTo(mean, 5);
    expect(pooledSize([6, 4, 8], 2)).toEqual([3, 2, 4]);
    const flat = pooledImages(tf.zeros([1, 1, 4, 4, 2]), 2)[0];
    expect(flat.shape).toEqual([1, 1, 2, 2, 1]);
    expect(pooledSize([1, 4, 4], 2)).toEqual([1, 2, 2]);
  });

  it('leave nothing else behind', async () => {
    const left = await leaked(() => {
      tf.dispose([pairTensor(pair('a')), augmentedTensor(pair('a'), augmentPresets.full, new Random(1))]);
    });
    expect(left).toEqual(NOTHING);
  });
});

describe('RollingPairs', () => {
  const pairs = [pair('a'), pair('b')];
  const rolling = (index = 0, batch = 1) => new RollingPairs(pairs, augmentPresets.full, 1, { index, batch });
  const pick = (from: RollingPairs, step: number) => from.pick(step, Random.of('pick', step));

  it('gives what depends on the step alone, not on the steps before', async () => {
    const walked = rolling();
    for (let step = 0; step < 100; step++) {
      const data = await pick(walked, step);
      if (step % 9 === 0) expect(await pick(rolling(), step)).toEqual(data);
    }
  });

  it('renews its stock, and leaves no tensors behind', async () => {
    const stock = rolling();
    const seen = new Set<Float32Array>();
    const left = await leaked(async () => {
      for (let step = 0; step < 200; step++) seen.add(await pick(stock, step));
    });
    expect(left).toEqual(NOTHING);
    // 16 at the start, and one every 4 steps, of which some are not picked before they are renewed.
    expect(seen.size).toBeGreaterThan(40);
    expect(seen.size).toBeLessThanOrEqual(16 + 50);
  });

  it('divides the stock among the places of a batch, which share no pair', async () => {
    const places = [0, 1, 2, 3].map((index) => ({ stock: rolling(index, 4), seen: new Set<string>() }));
    for (let step = 0; step < 200; step++) {
      for (const { stock, seen } of places) seen.add((await pick(stock, step)).join());
    }
    for (const { seen } of places) {
      expect(seen.size).toBeGreaterThan(8);
      expect(seen.size).toBeLessThanOrEqual(4 + 12);
    }
    const all = places.flatMap(({ seen }) => [...seen]);
    expect(new Set(all).size).toBe(all.length);
  });
});
