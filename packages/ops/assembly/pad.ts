// Zero padding, done once so that the inner loops need no tests.

@unmanaged
class Pad {
  from!: usize;
  to!: usize;
  /** Size of `from`; the width counts floats, that is voxels times channels. */
  depth!: i32;
  height!: i32;
  width!: i32;
  /** Size of `to`. */
  toDepth!: i32;
  toHeight!: i32;
  toWidth!: i32;
  /** Where `from` begins inside `to`. */
  atDepth!: i32;
  atHeight!: i32;
  atWidth!: i32;
}

/** Copies a volume into a larger one and zeroes the rest of it. */
export function padVolume(p: Pad): void {
  const row = <usize>p.width << 2, toRow = <usize>p.toWidth << 2, before = <usize>p.atWidth << 2;
  let from = p.from, to = p.to;
  for (let d = -p.atDepth; d < p.toDepth - p.atDepth; d++) {
    if (d < 0 || d >= p.depth) {
      memory.fill(to, 0, <usize>p.toHeight * toRow);
      to += <usize>p.toHeight * toRow;
      continue;
    }
    for (let h = -p.atHeight; h < p.toHeight - p.atHeight; h++) {
      if (h < 0 || h >= p.height) memory.fill(to, 0, toRow);
      else {
        memory.fill(to, 0, before);
        memory.copy(to + before, from, row);
        memory.fill(to + before + row, 0, toRow - before - row);
        from += row;
      }
      to += toRow;
    }
  }
}

/** [rows][columns] to [rows][toColumns], zero beyond. */
export function padChannels(from: usize, to: usize, rows: usize, columns: i32, toColumns: i32): void {
  for (let r: usize = 0; r < rows; r++) {
    for (let c = 0; c < toColumns; c++) {
      store<f32>(to, c < columns ? load<f32>(from + (<usize>c << 2)) : 0);
      to += 4;
    }
    from += <usize>columns << 2;
  }
}

/** [count][fromRows][fromColumns] cut to [count][rows][columns]. */
export function unpadMatrices(from: usize, to: usize, count: i32, fromRows: i32, fromColumns: i32, rows: i32, columns: i32): void {
  for (let i = 0; i < count; i++) {
    for (let r = 0; r < rows; r++) {
      let p = from + (<usize>(i * fromRows + r) * <usize>fromColumns << 2);
      for (let c = 0; c < columns; c++) {
        store<f32>(to, load<f32>(p));
        to += 4;
        p += 4;
      }
    }
  }
}
