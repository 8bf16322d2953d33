import type { Parts } from './product.loads';
import { depthOf, type RegisterTile } from './product.tiles';

/** Sums in the registers of threads, each of so many rows by four columns. */
export function inRegisters(tile: RegisterTile): Parts {
  const acrossThreads = tile.columns / 4;
  const downThreads = tile.rows / tile.rowsOfThread;
  const rows = Array.from({ length: tile.rowsOfThread }, (_, i) => i);
  const columns = [0, 1, 2, 3];
  const each = (make: (i: number) => string) => rows.map(make).join('\n    ');
  // One more than the tile is wide: threads that write a column then meet different banks of memory.
  const pad = 1;
  return {
    pad,
    declare: `
fn storeRow(base: i32, row: i32, column: i32, values: vec4f) {
  if (row >= u.rows) { return; }
  ${columns
    .map(
      (j) => `if (column + ${j * acrossThreads} < u.columns) {
    y[base + place(row, column + ${j * acrossThreads})] = values[${j}];
  }`,
    )
    .join('\n  ')}
}`,
    begin: `let across = thread % ${acrossThreads};
  let down = thread / ${acrossThreads};
  ${each((i) => `var sum${i} = vec4f(0.0);`)}`,
    add: `for (var k = 0; k < ${depthOf(tile)}; k++) {
      let at = k * ${tile.columns + pad} + across;
      let b = vec4f(${columns.map((j) => `f32(rightTile[at + ${j * acrossThreads}])`).join(', ')});
      let a = k * ${tile.rows + pad} + down;
      ${each((i) => `sum${i} += f32(leftTile[a + ${i * downThreads}]) * b;`)}
    }`,
    finish: each(
      (i) => `storeRow(base, firstRow + down + ${i * downThreads}, firstColumn + across, sum${i} * unscale());`,
    ),
  };
}
