import { describe, expect, it } from 'vitest';
import { deformedGrid } from './deformed-grid';
import { FOLD_INK, jacobianMap } from './jacobian-map';
import { FIXED_INK, MOVING_INK, PAPER } from './projection';
import { renderRegistration, type RegistrationReport } from './registration-page';
import { cutValues, middleCut } from './slice';

const SIZE = [3, 4, 2] as const;
const VOXELS = 24;
/** Value at i, j, k. */
const volume = (value: (i: number, j: number, k: number) => number): Float32Array =>
  Float32Array.from({ length: VOXELS }, (_, v) => value(Math.floor(v / 8), Math.floor(v / 2) % 4, v % 2));

describe('a cut through the middle', () => {
  const places = volume((i, j, k) => 100 * i + 10 * j + k);

  it.each([
    ['coronal', 3, [21, 121, 221, 20, 120, 220]],
    ['sagittal', 4, [101, 111, 121, 131, 100, 110, 120, 130]],
  ] as const)('%s has the head up', (plane, width, values) => {
    expect(cutValues(places, middleCut(SIZE, plane))).toEqual({ width, height: 2, values: Float32Array.from(values) });
  });

  it('of a slice is the slice', () => {
    const values = Float32Array.of(1, 2, 3, 4, 5, 6);
    expect(cutValues(values, middleCut([1, 2, 3], 'coronal'))).toEqual({ width: 3, height: 2, values });
  });
});

describe('jacobianMap', () => {
  const pixels = (determinants: Float32Array) => {
    const { data } = jacobianMap(determinants, SIZE, { target: 3 });
    return Array.from({ length: 3 }, (_, x) => [...data.slice(4 * x, 4 * x + 3)]);
  };

  it('is paper where volume is kept, blue where it halves, orange where it doubles, red where it folds', () => {
    expect(pixels(volume((i) => [0.5, 1, 2][i]))).toEqual([[...FIXED_INK], [...PAPER], [...MOVING_INK]]);
    expect(pixels(volume((i) => [0, -3, NaN][i]))).toEqual([[...FOLD_INK], [...FOLD_INK], [...FOLD_INK]]);
    expect(pixels(volume(() => 100))[0]).toEqual([...MOVING_INK]);
  });
});

describe('deformedGrid', () => {
  it('draws each crossing where it goes: right along i, down against k', () => {
    const shift = new Float32Array(3 * VOXELS).map((_, at) => [1, 7, 0.5][at % 3]);
    const svg = deformedGrid(shift, SIZE, { label: 'shift' });
    // The first row: voxels (0..2, 2, 1), centres at 0.5, moved by 1 to the right and half a voxel up, 4 pixels each.
    expect(svg).toContain('d="M6.0 0.0L10.0 0.0L14.0 0.0M');
    expect(svg).toContain('viewBox="0 0 12 8"');
    expect(svg).toContain('aria-label="shift"');
  });

  it('keeps to as many lines as the eye can tell apart', () => {
    const still = new Float32Array(3 * 100 * 100);
    expect(deformedGrid(still, [1, 100, 100], { label: '' }).match(/M/g)).toHaveLength(68);
  });
});

describe('renderRegistration', () => {
  const data: RegistrationReport = {
    title: 'A <pair>',
    command: 'paired3d register a b',
    method: 'optimise',
    facts: [['optimisation', 'fast']],
    images: { size: SIZE, fixed: volume(() => 1), moving: volume(() => 0), warped: volume(() => 1) },
    deformation: {
      size: SIZE,
      displacement: new Float32Array(3 * VOXELS),
      jacobian: volume((i) => 0.5 + i),
      millimetres: { mean: 2.34, most: 9.87 },
    },
    diceBefore: 0.25,
    diceAfter: 0.75,
    folding: 0,
    inverseConsistency: 0.123,
    seconds: 4.2,
  };

  it('is one page without anything to load', () => {
    const page = renderRegistration(data);
    expect(page).toBe(renderRegistration(data));
    expect(page).not.toMatch(/<script|https?:\/\/|<link rel="stylesheet"/);
    expect(page).toContain('<title>A &lt;pair&gt;</title>');
  });

  it('shows the overlays before and after, the grid and the map of the Jacobian in two planes, and the figures', () => {
    const page = renderRegistration(data);
    expect(page.match(/<img class="overlay"[^>]*maximum projection: (before|after) registration/g)).toHaveLength(4);
    expect(page.match(/Map of the Jacobian determinant, (coronal|sagittal)/g)).toHaveLength(2);
    expect(page.match(/<svg class="overlay"/g)).toHaveLength(2);
    for (const text of [
      '0.250',
      '0.750',
      '0.50 to 2.50',
      '2.3',
      'at most 9.9 mm',
      '0.123',
      '4.2 s',
      'paired3d register a b',
    ]) {
      expect(page).toContain(text);
    }
  });

  it('shows a slice once', () => {
    const flat = { ...data.images, size: [1, 6, 4] as const };
    const page = renderRegistration({ ...data, images: flat, deformation: { ...data.deformation, size: [1, 6, 4] } });
    expect(page.match(/<svg class="overlay"/g)).toHaveLength(1);
  });
});
