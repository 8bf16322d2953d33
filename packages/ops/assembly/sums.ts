// Sums along the rows and columns of a matrix, in two levels: short ones in single precision, their sum in double. Added one
// by one in single precision, equal small values are rounded the same way each time, and millions of them are lost.
import { sumLanes } from './simd';

/** Few columns do not fill a vector: four rows are then taken for one, four times as wide. */
// @ts-ignore: decorator
@inline
export function rowsAsOne(columns: i32): i32 {
  return columns & 3 ? 4 : 1;
}

/** Rows summed in single precision before they are added to a sum in double precision. */
const GROUP = 32;

/** y[c] = factor * sum over rows of x[r][c]; `sums` is scratch of 4 * columns doubles. */
export function sumOverRows(x: usize, y: usize, sums: usize, rows: i32, columns: i32, factor: f64): void {
  const fold = rowsAsOne(columns), row = <usize>columns << 2, wideRow = <usize>fold * row;
  memory.fill(sums, 0, 2 * wideRow);
  const wholes = rows / fold;
  for (let r = 0; r < wholes; r += GROUP) {
    const end = x + <usize>min(GROUP, wholes - r) * wideRow;
    for (let i: usize = 0; i < wideRow; i += 16) {
      let sum = f32x4.splat(0);
      for (let p = x + i; p < end; p += wideRow) sum = f32x4.add(sum, v128.load(p));
      const at = sums + 2 * i;
      v128.store(at, f64x2.add(v128.load(at), f64x2.promote_low_f32x4(sum)));
      const high = v128.shuffle<f32>(sum, sum, 2, 3, 2, 3);
      v128.store(at, f64x2.add(v128.load(at, 16), f64x2.promote_low_f32x4(high)), 16);
    }
    x = end;
  }
  for (let r = wholes * fold; r < rows; r++) {
    for (let i: usize = 0; i < row; i += 4, x += 4) store<f64>(sums + 2 * i, load<f64>(sums + 2 * i) + load<f32>(x));
  }
  for (let i: usize = 0; i < row; i += 4) {
    let sum: f64 = 0;
    for (let j = i; j < wideRow; j += row) sum += load<f64>(sums + 2 * j);
    store<f32>(y + i, <f32>(factor * sum));
  }
}

/** Floats summed in single precision, in four vectors. */
const STRETCH = 512;

/** y[r] = factor * sum over columns of x[r][c]. */
export function sumOverColumns(x: usize, y: usize, rows: i32, columns: i32, factor: f64): void {
  for (let r = 0; r < rows; r++, y += 4) {
    let total: f64 = 0, c = 0;
    while (c + 16 <= columns) {
      const count = min(STRETCH, (columns - c) & ~15), end = x + (<usize>count << 2);
      let a = f32x4.splat(0), b = f32x4.splat(0), d = f32x4.splat(0), e = f32x4.splat(0);
      for (; x < end; x += 64) {
        a = f32x4.add(a, v128.load(x));
        b = f32x4.add(b, v128.load(x, 16));
        d = f32x4.add(d, v128.load(x, 32));
        e = f32x4.add(e, v128.load(x, 48));
      }
      total += <f64>sumLanes(f32x4.add(f32x4.add(a, b), f32x4.add(d, e)));
      c += count;
    }
    for (; c < columns; c++, x += 4) total += <f64>load<f32>(x);
    store<f32>(y, <f32>(factor * total));
  }
}
