import { describe, expect, it } from 'vitest';
import type { Size3 } from '../data/types';
import { MOTION_DIM, decodeMotion, encodeMotion, motionCodes, motionVectors, type MotionConfig } from './motionCode';

const config: MotionConfig = { cells: 1, step: 5, levels: [11, 7, 3], smoothing: 0.7, optimise: 'fast' };
const EXTENT: Size3 = [256, 208, 240];
/** mm along x, y, z = k, j, i to normalised units. */
const normalised = (mm: number[]) => Float32Array.from(mm, (v, at) => (2 * v) / EXTENT[2 - (at % 3)]);

describe('codes of motion', () => {
  it('are every combination of levels, and come back as they were', () => {
    const codes = Array.from({ length: motionCodes(config) }, (_, code) => code);
    expect(codes).toHaveLength(231);
    expect([...encodeMotion(decodeMotion(codes, EXTENT, config), EXTENT, config)]).toEqual(codes);
  });

  it('round each component to a step of millimetres, and hold it within its levels', () => {
    const codes = encodeMotion(normalised([12, -4, 2, -99, 99, 99]), EXTENT, config);
    const decoded = decodeMotion(codes, EXTENT, config);
    const expected = normalised([10, -5, 0, -25, 15, 5]);
    decoded.forEach((value, at) => expect(value).toBeCloseTo(expected[at], 6));
  });

  it('have vectors that tell all of them apart, of about unit mean square', () => {
    const vectors = motionVectors(config);
    const rows = new Set<string>();
    for (let at = 0; at < vectors.length; at += MOTION_DIM) rows.add(String(vectors.slice(at, at + MOTION_DIM)));
    expect(rows.size).toBe(231);
    const square = vectors.reduce((sum, value) => sum + value * value, 0) / vectors.length;
    expect(square).toBeGreaterThan(0.5);
    expect(square).toBeLessThan(3);
  });
});
