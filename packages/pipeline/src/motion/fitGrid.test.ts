import { Random } from '@paired3d/nn';
import { resize3d } from '@paired3d/ops';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Size3 } from '../data/types';
import { smallestMotion, useWasm } from '../testing';
import { fitGrid } from './fitGrid';
import type { MotionConfig } from './motionCode';
import { motionGrid, motionPlaces, placeMotion, takeMotion } from './motionGrid';

beforeAll(useWasm);

const FINE: Size3 = [8, 7, 6];
const COARSE: Size3 = [4, 3, 2];

/** Trilinear interpolation of [COARSE, 2]. */
const interpolated = (coarse: Float32Array) =>
  tf.tidy(() => resize3d(tf.tensor5d(coarse, [1, ...COARSE, 2]), FINE).dataSync() as Float32Array);

describe('fitGrid', () => {
  it('finds the values that were interpolated', () => {
    const coarse = new Random(1).normals(2 * 24);
    const found = fitGrid(interpolated(coarse), FINE, COARSE);
    found.forEach((value, at) => expect(value).toBeCloseTo(coarse[at], 4));
  });

  it('leaves a residual at right angles to everything that can be interpolated', () => {
    const values = new Random(2).normals(2 * 8 * 7 * 6);
    const fit = interpolated(fitGrid(values, FINE, COARSE));
    for (let seed = 0; seed < 5; seed++) {
      const other = interpolated(new Random(10 + seed).normals(2 * 24));
      let product = 0;
      other.forEach((value, at) => (product += value * (values[at] - fit[at])));
      expect(Math.abs(product)).toBeLessThan(1e-3);
    }
  });

  it('changes nothing on the same grid, one slice included', () => {
    const values = new Random(3).normals(3 * 20);
    fitGrid(values, [1, 5, 4], [1, 5, 4]).forEach((value, at) => expect(value).toBeCloseTo(values[at], 6));
  });
});

it('a motion comes back from the token grid that it was placed in', () => {
  const config: MotionConfig = { ...smallestMotion, cells: 2, levels: [3, 3, 3] };
  const layout = { codes: 7, cells: [3, 2, 1] as Size3, config };
  const motion = { shape: Int32Array.of(5, 26), gain: 28 };
  const tokens = placeMotion([1, 2, 3, 4, 5, 6], motion, layout);
  expect([...tokens]).toEqual([1, 2, 3, 4, 5, 6, 12, 7, 7, 7, 33, 7, 35, 34, 34, 34, 34, 34]);
  expect(takeMotion(tokens, layout)).toEqual({ shape: [5, 26], gain: 28 });
});

it('motion of blocks lies at every n-th cell of each axis', () => {
  expect(motionGrid([3, 2, 1], { cells: 2 })).toEqual([2, 1, 1]);
  expect(motionPlaces([3, 2, 1], { cells: 2 })).toEqual([0, 4]);
  expect(motionPlaces([2, 2, 2], { cells: 1 })).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});
