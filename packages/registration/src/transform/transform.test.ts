import { describe, expect, it } from 'vitest';
import { Random } from '@paired3d/nn';
import { RegistrationError } from '../errors';
import type { HostDisplacement } from '../metrics';
import type { Affine } from './grid';
import { Transform } from './transform';

const spaced = ([a, b, c]: readonly number[], [x, y, z]: readonly number[] = [0, 0, 0]): Affine => [
  [a, 0, 0, x],
  [0, b, 0, y],
  [0, 0, c, z],
  [0, 0, 0, 1],
];
/** An oblique affine with voxels of 2 x 3 x 4 mm and axes in another order. */
const OBLIQUE: Affine = [
  [0, -2.9, 0.6, 12],
  [-2, 0, 0, -7],
  [0, 0.45, 3.9, 30],
  [0, 0, 0, 1],
];
const SHAPE = [9, 8, 10] as const;

/** A smooth displacement of a few mm, zero at the border of the grid. */
function bump(affine: Affine, amplitude: number, seed = 1): Transform {
  const random = new Random(seed);
  const direction = [0, 1, 2].map(() => amplitude * random.normal());
  const vectors: number[] = [];
  for (let i = 0; i < SHAPE[0]; i++)
    for (let j = 0; j < SHAPE[1]; j++)
      for (let k = 0; k < SHAPE[2]; k++) {
        const height = [i, j, k].reduce((p, at, a) => p * Math.sin((Math.PI * at) / (SHAPE[a] - 1)) ** 2, 1);
        direction.forEach((value) => vectors.push(value * height));
      }
  return new Transform(Float32Array.from(vectors), { shape: SHAPE, affine });
}

/** Points within the grid, RAS mm. */
function pointsIn({ affine }: Transform, count = 50): Float32Array {
  const random = new Random(7);
  const points = Array.from({ length: count }, () => {
    const voxel = SHAPE.map((n) => 1 + (n - 3) * random.uniform());
    return [0, 1, 2].map((row) => affine[row][3] + voxel.reduce((sum, v, a) => sum + affine[row][a] * v, 0));
  });
  return Float32Array.from(points.flat());
}

const furthest = (a: Float32Array, b: Float32Array) => a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), 0);

describe('Transform', () => {
  it('interpolates between voxels, and goes on beyond the border as at it', () => {
    const vectors = Float32Array.of(0, 0, 0, 4, -2, 1);
    const transform = new Transform(vectors, { shape: [1, 1, 2], affine: spaced([1, 1, 2], [10, 20, 30]) });
    const moved = transform.apply(Float32Array.of(10, 20, 31, 10, 20, 40, 5, 5, 5));
    expect(Array.from(moved)).toEqual([12, 19, 31.5, 14, 18, 41, 5, 5, 5]);
  });

  it('pulls a volume from where the points go', () => {
    // Everything moves by one voxel along k, of 2 mm.
    const grid = { shape: [1, 1, 4] as const, affine: spaced([1, 1, 2]) };
    const shift = new Transform(
      Float32Array.from({ length: 12 }, (_, i) => (i % 3 === 2 ? 2 : 0)),
      grid,
    );
    const volume = { data: Uint8Array.of(1, 2, 3, 4), shape: [1, 1, 4], affine: grid.affine };
    expect(Array.from(shift.apply(volume).data)).toEqual([2, 3, 4, 0]);
    const fine = { shape: [1, 1, 4] as const, affine: spaced([1, 1, 1]) };
    expect(Array.from(shift.apply(volume, { grid: fine }).data)).toEqual([2, 2.5, 3, 3.5]);
    expect(Array.from(shift.apply(volume, { grid: fine, interpolation: 'nearest' }).data)).toEqual([2, 3, 3, 4]);
  });

  it('shows a linear image as it is at the moved points, whatever the axes', () => {
    const transform = bump(OBLIQUE, 2);
    // The value of a voxel is its own x + 2 y - z in millimetres.
    const data: number[] = [];
    for (let i = 0; i < SHAPE[0]; i++)
      for (let j = 0; j < SHAPE[1]; j++)
        for (let k = 0; k < SHAPE[2]; k++) {
          const [x, y, z] = [0, 1, 2].map(
            (r) => OBLIQUE[r][0] * i + OBLIQUE[r][1] * j + OBLIQUE[r][2] * k + OBLIQUE[r][3],
          );
          data.push(x + 2 * y - z);
        }
    const pulled = transform.apply({ data, shape: [...SHAPE], affine: OBLIQUE }).data;
    const middle = (4 * SHAPE[1] + 4) * SHAPE[2] + 5;
    const [u, v, w] = transform.displacement.slice(3 * middle, 3 * middle + 3);
    expect(pulled[middle]).toBeCloseTo(data[middle] + u + 2 * v - w, 3);
  });

  it('has an inverse', () => {
    const transform = bump(OBLIQUE, 4);
    const points = pointsIn(transform);
    const [there, back] = [transform, transform.inverse()];
    expect(furthest(there.apply(points), points)).toBeGreaterThan(2);
    expect(furthest(back.apply(there.apply(points)), points)).toBeLessThan(0.5);
    expect(furthest(there.apply(back.apply(points)), points)).toBeLessThan(0.5);
    expect(back.inverse()).toBe(there);
    // At its own grid it is exact.
    const [, J, K] = SHAPE;
    const voxel = [4, 3, 5];
    const at = OBLIQUE.slice(0, 3).map((row, r) =>
      row.slice(0, 3).reduce((s, a, i) => s + a * voxel[i], back.affine[r][3]),
    );
    const u = back.displacement.slice(3 * ((4 * J + 3) * K + 5)).slice(0, 3);
    expect(furthest(there.apply(Float32Array.from(at, (x, i) => x + u[i])), Float32Array.from(at))).toBeLessThan(0.01);
  });

  it('composes: this one first, then the other', () => {
    const [first, second] = [bump(OBLIQUE, 2, 1), bump(spaced([4, 4, 5], [-20, -30, 0]), 2, 2)];
    const both = first.compose(second);
    const voxels = Float32Array.from(
      [3, 4, 5].flatMap((i) => OBLIQUE.slice(0, 3).map((row) => row[0] * i + row[1] * 3 + row[2] * 4 + row[3])),
    );
    expect(furthest(both.apply(voxels), second.apply(first.apply(voxels)))).toBeLessThan(1e-3);
    const points = pointsIn(both);
    expect(furthest(both.inverse().apply(both.apply(points)), points)).toBeLessThan(1);
  });

  it('tells how volume changes, also on oblique grids', () => {
    // x -> 1.5 x, y -> y, z -> 0.8 z: a field that is linear in the world.
    const vectors: number[] = [];
    for (let i = 0; i < SHAPE[0]; i++)
      for (let j = 0; j < SHAPE[1]; j++)
        for (let k = 0; k < SHAPE[2]; k++) {
          const [x, , z] = OBLIQUE.map((row) => row[0] * i + row[1] * j + row[2] * k + row[3]);
          vectors.push(0.5 * x, 0, -0.2 * z);
        }
    const { data, shape } = new Transform(Float32Array.from(vectors), { shape: SHAPE, affine: OBLIQUE }).jacobian();
    expect(shape).toEqual([...SHAPE]);
    data.forEach((value) => expect(value).toBeCloseTo(1.2, 4));
  });

  it('is saved as a field in LPS, and read again', () => {
    const transform = bump(OBLIQUE, 3);
    const field = transform.toField();
    expect(field).toMatchObject({ shape: [...SHAPE, 1, 3], intent: 1007, affine: OBLIQUE });
    const at = 3 * ((4 * SHAPE[1] + 4) * SHAPE[2] + 5);
    const [x, y, z] = transform.displacement.slice(at, at + 3);
    expect(Array.from(field.data.slice(at, at + 3))).toEqual([-x, -y, z]);
    expect(Transform.fromField(field).displacement.map((v) => v + 0)).toEqual(transform.displacement.map((v) => v + 0));
  });

  it('moves to another grid', () => {
    const transform = bump(OBLIQUE, 3);
    const fine = transform.onGrid({ shape: [4, 4, 4], affine: spaced([3, 3, 3], [0, -15, 40]) });
    const voxel = Float32Array.of(3, -12, 43);
    expect(furthest(fine.apply(voxel), transform.apply(voxel))).toBeLessThan(1e-4);
  });
});

describe('Transform.ofDisplacements', () => {
  /** Everything moves by one of two voxels along i and a half along k. */
  const field = (sign: number): HostDisplacement => ({
    size: [2, 1, 2],
    data: Float32Array.from({ length: 12 }, (_, n) => (sign * [0.5, 0, 1][n % 3]) as number),
  });

  it('takes a voxel of the fixed scan to that of the moving one, also where the headers differ', () => {
    const frame = { size: [4, 2, 4] as const, fixed: spaced([1, 1, 1]), moving: spaced([2, 2, 2], [100, 0, 0]) };
    const transform = Transform.ofDisplacements({ forward: field(-1), backward: field(1) }, frame);
    // Grid voxel (0, 0, 0) lies at fixed voxel (0.5, 0.5, 0.5), and goes to (2.5, 0.5, 1.5) of the moving scan.
    const there = transform.apply(Float32Array.of(0.5, 0.5, 0.5));
    expect(Array.from(there)).toEqual([105, 1, 3]);
    expect(Array.from(transform.inverse().apply(Float32Array.of(105, 1, 3)))).toEqual([0.5, 0.5, 0.5]);
  });
});

describe('what is no transform', () => {
  const grid = { shape: [1, 1, 1] as const, affine: spaced([1, 1, 1]) };
  it.each<[string, () => unknown, RegExp]>([
    ['too few numbers', () => new Transform(Float32Array.of(1), grid), /1 x 1 x 1 finite vectors, got 1 numbers/],
    ['NaN', () => new Transform(Float32Array.of(0, NaN, 0), grid), /finite vectors/],
    ['a flat grid', () => new Transform(new Float32Array(3), { ...grid, affine: spaced([1, 0, 1]) }), /invertible/],
    [
      'an image',
      () => Transform.fromField({ data: [1], shape: [1, 1, 1] }),
      /\[I, J, K, 1, 3\], got shape \[1, 1, 1\]/,
    ],
    [
      'a series for a volume',
      () => new Transform(new Float32Array(3), grid).apply({ data: [1, 2], shape: [1, 1, 1, 2] }),
      /a volume \[I, J, K\]/,
    ],
  ])('%s', (_name, make, message) => {
    expect(make).toThrow(message);
    expect(make).toThrow(RegistrationError);
  });
});
