import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Size3 } from '../data/types';
import { NOTHING, leaked, smallestMotion, useWasm } from '../testing';
import { gainOf, shapeCodes, type MotionConfig } from './motionCode';
import { moveScan } from './moveScan';

beforeAll(useWasm);

const CELLS: Size3 = [8, 7, 6];
const SIZE: Size3 = [16, 14, 12];
const EXTENT: Size3 = [160, 140, 120];
const config: MotionConfig = { ...smallestMotion, cells: 2, levels: [5, 5, 5] };
const SHAPES = shapeCodes(config);
const layout = { cells: CELLS, extent: EXTENT, config };

/** A scan whose value is its own place along z = i, in mm: moved, it tells where it was taken from. */
const places = () =>
  tf.tensor5d(
    Float32Array.from({ length: 16 * 14 * 12 }, (_, at) => 10 * Math.floor(at / 168)),
    [1, ...SIZE, 1],
  );

describe('moveScan', () => {
  it.each([0, 1])('moves as far as gain number %i says, however long the shape', (level) => {
    const mm = gainOf(SHAPES + level, config);
    for (const steps of [1, 2]) {
      // All blocks alike, along i: z is the last of the components.
      const shape = new Int32Array(48).fill((SHAPES - 1) / 2 + steps);
      const [before, after] = tf.tidy(() => [places(), moveScan(places(), { shape, gain: SHAPES + level }, layout)]);
      const moved = tf.tidy(() => tf.sub(after, before).dataSync() as Float32Array);
      tf.dispose([before, after]);
      for (let i = 3; i < 13; i++) expect(moved[(i * 14 + 7) * 12 + 6]).toBeCloseTo(mm, 2);
    }
  });

  it('leaves a scan without motion as it is, and nothing behind', async () => {
    const still = Int32Array.from({ length: 48 }, () => (SHAPES - 1) / 2);
    const fixed = places();
    const moving = moveScan(fixed, { shape: still, gain: SHAPES }, layout);
    const [a, b] = [fixed.dataSync(), moving.dataSync()];
    a.forEach((value, at) => expect(b[at]).toBeCloseTo(value, 3));
    expect(await leaked(() => tf.dispose(moveScan(fixed, { shape: still, gain: SHAPES }, layout)))).toEqual(NOTHING);
    tf.dispose([fixed, moving]);
  });
});
