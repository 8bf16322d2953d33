// A table look-up and its way back.
import { addScaled } from './rows';

/** out[n] = table[ids[n]]; ids are int32, and those outside give zeros. */
export function embedding(table: usize, ids: usize, out: usize, count: i32, columns: i32, rows: i32): void {
  const row = <usize>columns << 2;
  for (let n = 0; n < count; n++, out += row, ids += 4) {
    const id = load<i32>(ids);
    if (<u32>id < <u32>rows) memory.copy(out, table + <usize>id * row, row);
    else memory.fill(out, 0, row);
  }
}

/** dtable[ids[n]] += dy[n], where rows of dtable without an id are zero; ids are int32, and those outside are skipped. */
export function embeddingGradient(dy: usize, ids: usize, dtable: usize, count: i32, columns: i32, rows: i32): void {
  const row = <usize>columns << 2;
  memory.fill(dtable, 0, <usize>rows * row);
  for (let n = 0; n < count; n++, dy += row, ids += 4) {
    const id = load<i32>(ids);
    if (<u32>id < <u32>rows) addScaled(dtable + <usize>id * row, dy, 1, columns);
  }
}
