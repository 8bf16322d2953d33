import { describe, expect, it } from 'vitest';
import type { Size3 } from '../data/types';
import {
  MOTION_DIM,
  decodeMotion,
  encodeMotion,
  motionCodes,
  motionVectors,
  shapeCodes,
  type MotionConfig,
} from './motionCode';

const config: MotionConfig = {
  cells: 1,
  gain: { least: 2, most: 32, levels: 5 },
  step: 0.5,
  levels: [11, 7, 3],
  smoothing: 0.7,
  optimise: 'fast',
};
const EXTENT: Size3 = [256, 208, 240];
/** mm along x, y, z = k, j, i to normalised units. */
const normalised = (mm: number[]) => Float32Array.from(mm, (v, at) => (2 * v) / EXTENT[2 - (at % 3)]);
const SHAPES = 11 * 7 * 3;

describe('codes of motion', () => {
  it('are a gain and every combination of levels, and come back as they were', () => {
    expect([shapeCodes(config), motionCodes(config)]).toEqual([SHAPES, SHAPES + 5]);
    const shape = Array.from({ length: SHAPES }, (_, code) => code);
    // The mean length of this shape, in gains, so that coding finds the gain again.
    const one = { ...config, gain: { least: 1, most: 1, levels: 1 } };
    const vectors = decodeMotion({ shape, gain: SHAPES }, [2, 2, 2], one);
    const lengths = shape.map((_, n) => Math.hypot(...vectors.subarray(3 * n, 3 * n + 3)));
    const mean = lengths.reduce((a, b) => a + b) / SHAPES;
    for (let level = 0; level < 5; level++) {
      const gain = SHAPES + level;
      const scaled = decodeMotion({ shape, gain }, EXTENT, config).map((v) => v / mean);
      expect(encodeMotion(scaled, EXTENT, { ...config, step: config.step / mean })).toEqual({
        shape: Int32Array.from(shape),
        gain,
      });
    }
  });

  it('round the mean length to a level, and components to steps of it, and hold both within their levels', () => {
    // Lengths of 8.6, 0 and 8: 5.5 on average, nearest by ratio to 4 of 2, 4, 8, 16, 32.
    const { shape, gain } = encodeMotion(normalised([7.4, -4.4, 0, 0, 0, 0, 0, 0, 8]), EXTENT, config);
    expect(gain).toBe(SHAPES + 1);
    const expected = normalised([8, -4, 0, 0, 0, 0, 0, 0, 2]);
    decodeMotion({ shape, gain }, EXTENT, config).forEach((value, at) => expect(value).toBeCloseTo(expected[at], 6));
    expect(encodeMotion(normalised([0, 0, 0]), EXTENT, config).gain).toBe(SHAPES);
    expect(encodeMotion(normalised([99, 0, 0]), EXTENT, config).gain).toBe(SHAPES + 4);
  });

  it('have vectors that tell all of them apart, of about unit mean square', () => {
    const vectors = motionVectors(config);
    const rows = new Set<string>();
    for (let at = 0; at < vectors.length; at += MOTION_DIM) rows.add(String(vectors.slice(at, at + MOTION_DIM)));
    expect(rows.size).toBe(motionCodes(config));
    const square = vectors.reduce((sum, value) => sum + value * value, 0) / vectors.length;
    expect(square).toBeGreaterThan(0.5);
    expect(square).toBeLessThan(3);
  });
});
