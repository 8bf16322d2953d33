// A bias for each column of a matrix, and its gradient, the sums of the columns. Few columns do not fill a vector: four rows
// are then taken for one, four times as wide.

// @ts-ignore: decorator
@inline
function rowsAsOne(columns: i32): i32 {
  return columns & 3 ? 4 : 1;
}

/** y = x + bias over [rows][columns]; `wide` is scratch of 4 * columns floats. */
export function addBias(x: usize, bias: usize, y: usize, wide: usize, rows: i32, columns: i32): void {
  const fold = rowsAsOne(columns), row = <usize>columns << 2, wideRow = <usize>fold * row;
  for (let i: usize = 0; i < wideRow; i += row) memory.copy(wide + i, bias, row);
  const wholes = rows / fold;
  for (let r = 0; r < wholes; r++, x += wideRow, y += wideRow) {
    for (let i: usize = 0; i < wideRow; i += 16) v128.store(y + i, f32x4.add(v128.load(x + i), v128.load(wide + i)));
  }
  const rest = <usize>(rows - wholes * fold) * row;
  for (let i: usize = 0; i < rest; i += 4) store<f32>(y + i, load<f32>(x + i) + load<f32>(wide + i));
}

/** Rows summed in single precision before they are added to a sum in double precision. */
const GROUP = 64;

/** y[c] = sum over rows of x[r][c], in two levels; `sums` is scratch of 4 * columns doubles. */
export function sumRows(x: usize, y: usize, sums: usize, rows: i32, columns: i32): void {
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
    store<f32>(y + i, <f32>sum);
  }
}
