// A bias for each column of a matrix.
import { rowsAsOne } from './sums';

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
