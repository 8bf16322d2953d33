// Softmax of rows of `columns` floats.
import { exp4 } from './functions';
import { dot } from './rows';
import { loadUpTo4, storeUpTo4, sumLanes } from './simd';

export function largest(row: usize, columns: i32): f32 {
  let m = f32x4.splat(-Infinity);
  for (let i = 0; i < columns; i += 4) m = f32x4.max(m, loadUpTo4(row + (<usize>i << 2), columns - i, -Infinity));
  return max(
    max(f32x4.extract_lane(m, 0), f32x4.extract_lane(m, 1)),
    max(f32x4.extract_lane(m, 2), f32x4.extract_lane(m, 3)),
  );
}

/** Sum of exp(x - shift). */
export function sumExp(row: usize, columns: i32, shift: f32): f32 {
  const shifts = f32x4.splat(shift);
  let sum = f32x4.splat(0);
  for (let i = 0; i < columns; i += 4) {
    sum = f32x4.add(sum, exp4(f32x4.sub(loadUpTo4(row + (<usize>i << 2), columns - i, -Infinity), shifts)));
  }
  return sumLanes(sum);
}

/** y = factor * softmax(x) for one row. */
export function softmaxRow(x: usize, y: usize, columns: i32, factor: f32): void {
  const shift = largest(x, columns), shifts = f32x4.splat(shift);
  const scale = f32x4.splat(factor / sumExp(x, columns, shift));
  for (let i = 0; i < columns; i += 4) {
    const at = <usize>i << 2, e = exp4(f32x4.sub(loadUpTo4(x + at, columns - i, 0), shifts));
    storeUpTo4(y + at, f32x4.mul(e, scale), columns - i);
  }
}

export function softmax(x: usize, y: usize, rows: i32, columns: i32): void {
  const row = <usize>columns << 2;
  for (let n = 0; n < rows; n++, x += row, y += row) softmaxRow(x, y, columns, 1);
}

/** dx = y (dy - sum(dy y)). */
export function softmaxGradient(dy: usize, y: usize, dx: usize, rows: i32, columns: i32): void {
  const row = <usize>columns << 2;
  for (let n = 0; n < rows; n++, dy += row, y += row, dx += row) {
    const sum = f32x4.splat(dot(dy, y, columns));
    for (let i = 0; i < columns; i += 4) {
      const at = <usize>i << 2, rest = columns - i;
      const d = f32x4.mul(loadUpTo4(y + at, rest, 0), f32x4.sub(loadUpTo4(dy + at, rest, 0), sum));
      storeUpTo4(dx + at, d, rest);
    }
  }
}
