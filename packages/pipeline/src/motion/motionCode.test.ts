import { describe, expect, it } from 'vitest';
import type { Size3 } from '../data/types';
import { smallestMotion } from '../testing';
import {
  MOTION_DIM,
  decodeShape,
  encodeMotion,
  gainOf,
  motionCodes,
  motionVectors,
  shapeCodes,
  type MotionConfig,
} from './motionCode';

const config: MotionConfig = { ...smallestMotion, levels: [11, 7, 3] };
const EXTENT: Size3 = [256, 208, 240];
/** mm along x, y, z = k, j, i to normalised units. */
const normalised = (mm: number[]) => Float32Array.from(mm, (v, at) => (2 * v) / EXTENT[2 - (at % 3)]);
const SHAPES = 11 * 7 * 3;

describe('codes of motion', () => {
  it('are a gain and every combination of levels, and come back as they were', () => {
    expect([shapeCodes(config), motionCodes(config)]).toEqual([SHAPES, SHAPES + 5]);
    const shape = Int32Array.from({ length: SHAPES }, (_, code) => code);
    const blocks = decodeShape(shape, EXTENT, config);
    for (let level = 0; level < 5; level++) {
      const gain = SHAPES + level;
      const mm = gainOf(gain, config);
      expect(mm).toBeCloseTo(2 * 2 ** level, 5);
      const scaled = blocks.map((v) => v * mm);
      expect(encodeMotion(normalised([0, mm, 0]), scaled, EXTENT, config)).toEqual({ shape, gain });
    }
  });

  it('round the mean length to a level, and components to steps of it, and hold both within their levels', () => {
    // Lengths of 8.6, 0 and 8: 5.5 on average, nearest by ratio to 4 of 2, 4, 8, 16, 32.
    const velocity = normalised([7.4, -4.4, 0, 0, 0, 0, 0, 0, 8]);
    const { shape, gain } = encodeMotion(velocity, velocity, EXTENT, config);
    expect(gain).toBe(SHAPES + 1);
    const expected = normalised([2, -1, 0, 0, 0, 0, 0, 0, 0.5]);
    decodeShape(shape, EXTENT, config).forEach((value, at) => expect(value).toBeCloseTo(expected[at], 6));
    const gainOfLength = (mm: number) =>
      encodeMotion(normalised([mm, 0, 0]), normalised([0, 0, 0]), EXTENT, config).gain;
    expect([0, 99].map(gainOfLength)).toEqual([SHAPES, SHAPES + 4]);
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
