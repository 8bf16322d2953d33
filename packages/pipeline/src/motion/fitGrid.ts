import type { Size3 } from '../data/types';

/**
 * The values on a coarser grid over the same extent whose trilinear interpolation comes nearest, by least squares, to given
 * ones. Interpolation is a product over the axes, and so is its pseudo-inverse.
 *
 * @param values [from, channels] row-major
 * @param from the grid that they lie on
 * @param to the coarser grid, along no axis finer than `from`
 * @returns [to, channels]
 */
export function fitGrid(values: Float32Array, from: Size3, to: Size3): Float32Array {
  const channels = values.length / (from[0] * from[1] * from[2]);
  let data = Float64Array.from(values);
  const size = [...from];
  for (let axis = 0; axis < 3; axis++) {
    const fit = pseudoInverse(interpolation(from[axis], to[axis]));
    const outer = size.slice(0, axis).reduce((product, n) => product * n, 1);
    const inner = size.slice(axis + 1).reduce((product, n) => product * n, channels);
    data = alongAxis(data, fit, { outer, inner });
    size[axis] = to[axis];
  }
  return Float32Array.from(data);
}

type Matrix = readonly (readonly number[])[];

/** Linear interpolation from `coarse` values along an axis to `fine` ones, both at the centres of equal parts. */
function interpolation(fine: number, coarse: number): Matrix {
  return Array.from({ length: fine }, (_, i) => {
    const at = Math.min(Math.max(((i + 0.5) * coarse) / fine - 0.5, 0), coarse - 1);
    return Array.from({ length: coarse }, (_, j) => Math.max(0, 1 - Math.abs(at - j)));
  });
}

/** (A^T A)^-1 A^T of a matrix of full column rank, by Gauss-Jordan elimination. */
function pseudoInverse(a: Matrix): Matrix {
  const n = a[0].length;
  const dot = (i: number, j: number) => a.reduce((sum, row) => sum + row[i] * row[j], 0);
  const rows = Array.from({ length: n }, (_, i) => [
    ...Array.from({ length: n }, (_, j) => dot(i, j)),
    ...a.map((row) => row[i]),
  ]);
  // A^T A is positive definite: its pivots are positive in any order.
  for (let i = 0; i < n; i++) {
    const pivot = rows[i].map((value) => value / rows[i][i]);
    rows[i] = pivot;
    for (let other = 0; other < n; other++) {
      const factor = rows[other][i];
      if (other !== i) rows[other] = rows[other].map((value, c) => value - factor * pivot[c]);
    }
  }
  return rows.map((row) => row.slice(n));
}

/** The product of a matrix [m, n] with data [outer, n, inner] along its middle axis. */
function alongAxis(data: Float64Array, matrix: Matrix, { outer, inner }: { outer: number; inner: number }) {
  const [m, n] = [matrix.length, matrix[0].length];
  const out = new Float64Array(outer * m * inner);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        const weight = matrix[i][j];
        for (let c = 0; c < inner; c++) out[(o * m + i) * inner + c] += weight * data[(o * n + j) * inner + c];
      }
    }
  }
  return out;
}
