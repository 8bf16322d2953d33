// Softmax of rows of `columns` floats.
import { exp4 } from './functions';
import { dot } from './rows';
import { loadUpTo4, storeUpTo4, sumLanes } from './simd';

export function largest(row: usize, columns: i32): f32 {
  let m = loadUpTo4(row, columns, -Infinity), i = 4;
  for (; i + 4 <= columns; i += 4) m = f32x4.pmax(m, v128.load(row + (<usize>i << 2)));
  if (i < columns) m = f32x4.pmax(m, loadUpTo4(row + (<usize>i << 2), columns - i, -Infinity));
  m = f32x4.pmax(m, v128.shuffle<f32>(m, m, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.pmax(m, v128.shuffle<f32>(m, m, 1, 0, 3, 2)), 0);
}

/** Sum of exp(x - shift). */
export function sumExp(row: usize, columns: i32, shift: f32): f32 {
  const shifts = f32x4.splat(shift);
  let sum = f32x4.splat(0), i = 0;
  for (; i + 4 <= columns; i += 4) sum = f32x4.add(sum, exp4(f32x4.sub(v128.load(row + (<usize>i << 2)), shifts)));
  const rest = i < columns ? sumLanes(exp4(f32x4.sub(loadUpTo4(row + (<usize>i << 2), columns - i, -Infinity), shifts))) : 0;
  return sumLanes(sum) + rest;
}

/**
 * exp(x) of x <= 0, but 0 where the largest, 1, is 2^63 times as large: to a sum such weights add nothing, and their products are
 * subnormal numbers, with which processors take far longer.
 */
// @ts-ignore: decorator
@inline
function weights4(x: v128): v128 {
  return v128.andnot(exp4(x), f32x4.lt(x, f32x4.splat(-44)));
}

/** y = exp(x - largest x) for one row, as {@link weights4}; returns the sum. */
export function exponentials(x: usize, y: usize, columns: i32): f32 {
  const shifts = f32x4.splat(largest(x, columns));
  let sum = f32x4.splat(0), i = 0;
  for (; i + 4 <= columns; i += 4) {
    const at = <usize>i << 2, e = weights4(f32x4.sub(v128.load(x + at), shifts));
    v128.store(y + at, e);
    sum = f32x4.add(sum, e);
  }
  if (i < columns) {
    const at = <usize>i << 2, e = weights4(f32x4.sub(loadUpTo4(x + at, columns - i, -Infinity), shifts));
    storeUpTo4(y + at, e, columns - i);
    sum = f32x4.add(sum, e);
  }
  return sumLanes(sum);
}

/** y = factor * x over `count` floats. */
export function scale(x: usize, y: usize, count: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  let i = 0;
  for (; i + 4 <= count; i += 4, x += 16, y += 16) v128.store(y, f32x4.mul(v128.load(x), factors));
  for (; i < count; i++, x += 4, y += 4) store<f32>(y, load<f32>(x) * factor);
}

/** y = factor * softmax(x) for one row. */
export function softmaxRow(x: usize, y: usize, columns: i32, factor: f32): void {
  scale(y, y, columns, factor / exponentials(x, y, columns));
}

export function softmax(x: usize, y: usize, rows: i32, columns: i32): void {
  const row = <usize>columns << 2;
  for (let n = 0; n < rows; n++, x += row, y += row) softmaxRow(x, y, columns, 1);
}

/** dx = y (dy - sum(dy y)) for one row. */
export function softmaxGradientRow(dy: usize, y: usize, dx: usize, columns: i32): void {
  const sum = dot(dy, y, columns), sums = f32x4.splat(sum);
  let i = 0;
  for (; i + 4 <= columns; i += 4, dy += 16, y += 16, dx += 16) {
    v128.store(dx, f32x4.mul(v128.load(y), f32x4.sub(v128.load(dy), sums)));
  }
  for (; i < columns; i++, dy += 4, y += 4, dx += 4) store<f32>(dx, load<f32>(y) * (load<f32>(dy) - sum));
}

export function softmaxGradient(dy: usize, y: usize, dx: usize, rows: i32, columns: i32): void {
  const row = <usize>columns << 2;
  for (let n = 0; n < rows; n++, dy += row, y += row, dx += row) softmaxGradientRow(dy, y, dx, columns);
}
