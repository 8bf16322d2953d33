// Matrices rearranged so that the inner loops read them in order.

/** to[c][r] = from[r][c]; a row of `from` is `fromRow` bytes, one of `to` is `toRow`. Four by four blocks, then the edges. */
export function transpose(from: usize, fromRow: usize, to: usize, toRow: usize, rows: i32, columns: i32): void {
  const wholeRows = rows & ~3, wholeColumns = columns & ~3;
  for (let r = 0; r < wholeRows; r += 4) {
    let p = from + <usize>r * fromRow, q = to + (<usize>r << 2);
    for (let c = 0; c < wholeColumns; c += 4) {
      const a = v128.load(p), b = v128.load(p + fromRow), d = v128.load(p + 2 * fromRow), e = v128.load(p + 3 * fromRow);
      const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5), AB = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
      const de = v128.shuffle<f32>(d, e, 0, 4, 1, 5), DE = v128.shuffle<f32>(d, e, 2, 6, 3, 7);
      v128.store(q, v128.shuffle<f32>(ab, de, 0, 1, 4, 5));
      v128.store(q + toRow, v128.shuffle<f32>(ab, de, 2, 3, 6, 7));
      v128.store(q + 2 * toRow, v128.shuffle<f32>(AB, DE, 0, 1, 4, 5));
      v128.store(q + 3 * toRow, v128.shuffle<f32>(AB, DE, 2, 3, 6, 7));
      p += 16;
      q += 4 * toRow;
    }
    for (let c = wholeColumns; c < columns; c++) {
      for (let i = 0; i < 4; i++) store<f32>(q + (<usize>i << 2), load<f32>(p + <usize>i * fromRow));
      p += 4;
      q += toRow;
    }
  }
  for (let r = wholeRows; r < rows; r++) {
    let p = from + <usize>r * fromRow, q = to + (<usize>r << 2);
    for (let c = 0; c < columns; c++) {
      store<f32>(q, load<f32>(p));
      p += 4;
      q += toRow;
    }
  }
}

/** Row-major [rows][columns] to panels [ceil(columns / 8)][rows][8], zero beyond the last column; panels lie `panel` bytes apart. */
export function packPanels(from: usize, to: usize, rows: i32, columns: i32, panel: usize): void {
  const row = <usize>columns << 2;
  for (let c = 0; c < columns; c += 8) {
    let p = from + (<usize>c << 2), q = to;
    const count = min(8, columns - c);
    for (let r = 0; r < rows; r++) {
      if (count == 8) {
        v128.store(q, v128.load(p));
        v128.store(q, v128.load(p, 16), 16);
      } else {
        for (let i = 0; i < 8; i++) store<f32>(q + (<usize>i << 2), i < count ? load<f32>(p + (<usize>i << 2)) : 0);
      }
      p += row;
      q += 32;
    }
    to += panel;
  }
}

/** As packPanels, of the transpose of the row-major matrix [columns][rows]. */
export function packPanelsTransposed(from: usize, to: usize, rows: i32, columns: i32, panel: usize): void {
  const row = <usize>rows << 2;
  for (let c = 0; c < columns; c += 8) {
    const count = min(8, columns - c);
    transpose(from, row, to, 32, count, rows);
    if (count < 8) {
      for (let r = 0; r < rows; r++) {
        for (let i = count; i < 8; i++) store<f32>(to + <usize>r * 32 + (<usize>i << 2), 0);
      }
    }
    from += 8 * row;
    to += panel;
  }
}
