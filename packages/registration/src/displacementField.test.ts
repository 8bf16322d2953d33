import { describe, expect, it } from 'vitest';
import { worldDisplacementField } from './displacementField';

/** One displacement everywhere on a grid of 4 x 5 x 6 voxels. */
const constant = (x: number, y: number, z: number) => ({
  size: [4, 5, 6] as const,
  data: Float32Array.from({ length: 3 * 4 * 5 * 6 }, (_, i) => [x, y, z][i % 3]),
});

describe('worldDisplacementField', () => {
  it('turns a translation into LPS millimetres', () => {
    // RAS axes, voxels of 2 x 3 x 4 mm: i points right, j anterior, k superior.
    const affine = [
      [2, 0, 0, -7],
      [0, 3, 0, 8],
      [0, 0, 4, 9],
      [0, 0, 0, 1],
    ];
    // One voxel along i (z of the grid), two along j, three along k.
    const field = worldDisplacementField(constant(3 / 3, 2 / 2.5, 1 / 2), affine);
    expect(field.shape).toEqual([4, 5, 6, 1, 3]);
    expect(field.intent).toBe(1007);
    expect(field.affine).toEqual(affine);
    // 2 mm to the right is -2 along L, 6 mm anterior is -6 along P, 12 mm superior is 12 along S.
    expect([...field.data.slice(0, 3)]).toEqual([-2, expect.closeTo(-6, 5), 12]);
    expect([...field.data.slice(-3)]).toEqual([-2, expect.closeTo(-6, 5), 12]);
  });

  it('follows the affine, whatever its axes', () => {
    // The orientation of the lung scans (L, P, S) with j and k exchanged.
    const affine = [
      [-1, 0, 0, 0],
      [0, 0, -1, 0],
      [0, 1, 0, 0],
      [0, 0, 0, 1],
    ];
    const field = worldDisplacementField(constant(1 / 3, 0, 1 / 2), affine);
    expect([...field.data.slice(0, 3)]).toEqual([1, 1, 0].map((value) => expect.closeTo(value, 6)));
  });

  it('refuses what is not an affine', () => {
    expect(() => worldDisplacementField(constant(0, 0, 0), [[1, 0, 0]])).toThrow('expected an affine of 4 x 4');
  });
});
