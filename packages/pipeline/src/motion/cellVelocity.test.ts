import { Random } from '@paired3d/nn';
import { exponential, warp } from '@paired3d/registration';
import * as tf from '@tensorflow/tfjs';
import { resize3d } from '@paired3d/ops';
import { beforeAll, describe, expect, it } from 'vitest';
import { augmentPresets, drawAugmentation, noAugmentation, type AugmentConfig } from '../data/augment';
import type { PreparedPair, Size3 } from '../data/types';
import { drawnTensor, readPair } from '../stages/pairs';
import { NOTHING, leaked, smallestMotion, useWasm } from '../testing';
import { cellVelocity } from './cellVelocity';
import { correlation } from '../correlation';
import type { MotionConfig } from './motionCode';
import { motionTokens } from './motionTokens';
import { moveScan } from './moveScan';

beforeAll(useWasm);

const SIZE: Size3 = [24, 20, 24];
const CELLS: Size3 = [12, 10, 12];
const EXTENT: Size3 = [96, 80, 96];
// Fine enough that rounding does not count.
const config: MotionConfig = {
  ...smallestMotion,
  gain: { least: 0.1, most: 100, levels: 100 },
  step: 0.02,
  levels: [1001, 1001, 1001],
  smoothing: 0,
};

/** A velocity that bends, [12, 10, 12, 3]: about as large as three voxels. */
const velocity = {
  size: CELLS,
  data: Float32Array.from({ length: 3 * 12 * 10 * 12 }, (_, at) => {
    const [k, j, i] = [Math.floor(at / 3) % 12, Math.floor(at / 36) % 10, Math.floor(at / 360)];
    return 0.12 * Math.sin(0.3 * i + 0.4 * j - 0.2 * k + (at % 3)) + 0.08;
  }),
};

/** Blobs, and the same moved by the velocity. */
async function smoothPair(): Promise<PreparedPair> {
  const random = new Random(4);
  const centres = Array.from({ length: 12 }, () => SIZE.map((n) => n * (0.2 + 0.6 * random.uniform())));
  const fixed = Float32Array.from({ length: 24 * 20 * 24 }, (_, at) => {
    const place = [Math.floor(at / 480), Math.floor(at / 24) % 20, at % 24];
    const nearest = Math.min(...centres.map((c) => Math.hypot(...c.map((x, a) => x - place[a] - 0.5))));
    return Math.exp(-((nearest / 2.5) ** 2));
  });
  const moving = tf.tidy(() => {
    const displacement = exponential(tf.tensor5d(velocity.data, [1, ...CELLS, 3]), 6);
    return warp(tf.tensor5d(fixed, [1, ...SIZE, 1]), resize3d(displacement, [...SIZE]));
  });
  const pair = { id: 'blobs', fixed, moving: (await moving.data()) as Float32Array, size: SIZE, extent: EXTENT };
  moving.dispose();
  return pair;
}

/** How well the fixed scan of an augmented pair, moved by the velocity of its cells, is its moving scan; and before. */
async function consistency(augmentation: AugmentConfig, seed: number) {
  const pair = await smoothPair();
  const draw = drawAugmentation(new Random(seed), SIZE, augmentation);
  const tensor = drawnTensor(pair, draw);
  const [fixed, moving] = await readPair(tensor);
  const place = { cells: CELLS, extent: EXTENT, config };
  const codes = await motionTokens(velocity, draw, place);
  const moved = tf.tidy(() => moveScan(tf.tensor5d(fixed, [1, ...SIZE, 1]), codes, place));
  const after = correlation((await moved.data()) as Float32Array, moving);
  tf.dispose([tensor, moved]);
  return { before: correlation(fixed, moving), after, draw };
}

describe('cellVelocity', () => {
  it('is the velocity itself of a pair that is not augmented', async () => {
    const found = await cellVelocity(velocity, noAugmentation(SIZE), CELLS);
    found.forEach((value, at) => expect(Math.abs(value - velocity.data[at])).toBeLessThan(1e-5));
  });

  it('moves the augmented fixed scan onto the augmented moving one', async () => {
    const full = { ...augmentPresets.full, moving: { knots: 4, sd: 0 } };
    const kinds = new Set<string>();
    for (let seed = 0; seed < 8; seed++) {
      const { before, after, draw } = await consistency(full, seed);
      expect(before).toBeLessThan(0.8);
      expect(after).toBeGreaterThan(0.97);
      // A mirrored grid runs backwards along i, z.
      kinds.add(`${draw.swap} ${draw.fixed[2] > 0}`);
    }
    expect(kinds.size).toBe(4);
  });

  it('is as many times as large as the amplitude, the moving scan’s own field aside', async () => {
    const draw = drawAugmentation(new Random(5), SIZE, { ...augmentPresets.full, moving: { knots: 4, sd: 0 } });
    const one = await cellVelocity(velocity, draw, CELLS);
    const deeper = await cellVelocity(velocity, { ...draw, amplitude: 1.5 }, CELLS);
    deeper.forEach((value, at) => expect(value).toBeCloseTo(1.5 * one[at], 5));
    const own = drawAugmentation(new Random(5), SIZE, { ...augmentPresets.full, self: 1 });
    expect(await cellVelocity(velocity, { ...own, amplitude: 1.5 }, CELLS)).toEqual(
      await cellVelocity(velocity, own, CELLS),
    );
  });

  it('adds the moving scan’s own field, alone where both scans are one', async () => {
    const own = { ...augmentPresets.none, moving: { knots: 4, sd: 0.06 } };
    for (const self of [0, 1]) {
      const { before, after } = await consistency({ ...own, self }, 3);
      expect(after).toBeGreaterThan(0.95);
      expect(after).toBeGreaterThan(before);
    }
  });

  it('stays in the plane of a slice, and leaves nothing behind', async () => {
    const size: Size3 = [1, 16, 16];
    const flat = {
      size: [1, 8, 8] as const,
      data: Float32Array.from({ length: 192 }, (_, i) => (i % 3 === 2 ? 0 : 0.1)),
    };
    const draw = drawAugmentation(new Random(1), size, augmentPresets.full);
    const run = () => cellVelocity(flat, draw, [1, 4, 4]);
    const found = await run();
    expect(found.every((value, i) => (i % 3 === 2 ? value === 0 : Number.isFinite(value) && value !== 0))).toBe(true);
    expect(await leaked(run)).toEqual(NOTHING);
  });
});
