import type { Size3 } from '../config';
import { RegistrationError } from '../errors';

/** 4 x 4, row-major: voxel -> RAS millimetres. */
export type Affine = readonly (readonly number[])[];

/** Voxels and where they lie. */
export interface Grid {
  readonly shape: Size3;
  readonly affine: Affine;
}

/** x, y, z of a point or vector. */
export type Vector = [number, number, number];

/**
 * A volume's affine; without one its voxels are 1 mm along i, j, k.
 * @throws RegistrationError when it is not 4 x 4, finite and invertible
 */
export function affineOf({ affine }: { readonly affine?: Affine }): Affine {
  if (!affine) return [0, 1, 2, 3].map((row) => [0, 1, 2, 3].map((column) => (row === column ? 1 : 0)));
  const square = affine.length === 4 && affine.every((row) => row.length === 4 && row.every(Number.isFinite));
  if (!square || !(Math.abs(determinant(affine)) > 0)) {
    const expected = 'a finite, invertible affine of 4 x 4';
    throw new RegistrationError('affine', expected, JSON.stringify(affine), 'pass the affine of the scan');
  }
  return affine;
}

/** Millimetres that `size` voxels cover along i, j, k. */
export function extentOf(affine: Affine, size: Size3): Size3 {
  return size.map((n, axis) => n * Math.hypot(affine[0][axis], affine[1][axis], affine[2][axis])) as unknown as Size3;
}

/** The affine of `to` voxels along each axis that cover what `from` of them cover. */
export function coarser(affine: Affine, from: Size3, to: Size3): Affine {
  const scale = from.map((n, axis) => n / to[axis]);
  return affine.map((row) => [
    ...scale.map((s, axis) => row[axis] * s),
    row[3] + scale.reduce((sum, s, axis) => sum + row[axis] * (s - 1) * 0.5, 0),
  ]);
}

/** The linear map and the shift of an affine applied to a point. */
export function transformPoint(affine: Affine, [x, y, z]: Vector): Vector {
  return [0, 1, 2].map((row) => {
    const [a, b, c, d] = affine[row];
    return a * x + b * y + c * z + d;
  }) as Vector;
}

/** The inverse of an affine. */
export function inverted(affine: Affine): Affine {
  const det = determinant(affine);
  // Cofactors of the linear part, by cyclic indices.
  const linear = [0, 1, 2].map((row) =>
    [0, 1, 2].map((column) => {
      const [r1, r2] = [(column + 1) % 3, (column + 2) % 3];
      const [c1, c2] = [(row + 1) % 3, (row + 2) % 3];
      return (affine[r1][c1] * affine[r2][c2] - affine[r1][c2] * affine[r2][c1]) / det;
    }),
  );
  const shift = [affine[0][3], affine[1][3], affine[2][3]];
  return [...linear.map((row) => [...row, -row.reduce((sum, value, i) => sum + value * shift[i], 0)]), [0, 0, 0, 1]];
}

/** a after b. */
export function product(a: Affine, b: Affine): Affine {
  return [0, 1, 2, 3].map((row) =>
    [0, 1, 2, 3].map((column) => [0, 1, 2, 3].reduce((sum, i) => sum + a[row][i] * b[i][column], 0)),
  );
}

/** Of the linear part. */
export function determinant([a, b, c]: Affine): number {
  return a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0]);
}
