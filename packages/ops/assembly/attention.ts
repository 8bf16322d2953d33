// Attention softmax(q k^T / sqrt(width)) v, head by head, for a block of queries at a time: their scores stay in cache, and
// are made again for the gradient. (The order of FlashAttention, Dao et al. 2022, whose softmax in parts is not needed here:
// a row of scores fits.)
import { packPanels, packPanelsTransposed } from './panels';
import { addTransposedProduct, product } from './products';
import { exponentials, scale, softmaxGradientRow, softmaxRow } from './softmax';

/** Widths with a trailing 8 are rounded up to it. All scratch is zero at first, so that what padding meets adds nothing. */
@unmanaged
class Attention {
  /** [heads][rows][width], [heads][columns][width], [heads][columns][values], [heads][rows][values]. */
  q!: usize;
  k!: usize;
  v!: usize;
  y!: usize;
  heads!: i32;
  rows!: i32;
  columns!: i32;
  width!: i32;
  values!: i32;
  /** Queries at once; in fours. */
  block!: i32;
  /** Scratch: k^T in panels [columns8 / 8][width8][8] and v in panels [values8 / 8][columns8][8]; */
  keys!: usize;
  valuePanels!: usize;
  /** [block][width8], [block][columns8], [block][values8]. */
  queries!: usize;
  scores!: usize;
  outputs!: usize;
  /** For the gradient: where dy is, and dq, dk and dv go; */
  dy!: usize;
  dq!: usize;
  dk!: usize;
  dv!: usize;
  /** v^T in panels [columns8 / 8][values8][8] and k in panels [width8 / 8][columns8][8]; */
  valuesTransposed!: usize;
  keyPanels!: usize;
  /** [block][columns8], [columns8][width8], [columns8][values8]. */
  dscores!: usize;
  dkeys!: usize;
  dvalues!: usize;
}

// @ts-ignore: decorator
@inline
function rounded(n: i32): i32 {
  return (n + 7) & ~7;
}

/** `count` rows of `columns` floats, times a factor, to rows of `toColumns`; rows up to a multiple of four are zeroed. */
function loadRows(from: usize, to: usize, count: i32, columns: i32, toColumns: i32, factor: f32): void {
  const row = <usize>columns << 2, toRow = <usize>toColumns << 2;
  for (let i = 0; i < count; i++, from += row, to += toRow) scale(from, to, columns, factor);
  memory.fill(to, 0, <usize>(((count + 3) & ~3) - count) * toRow);
}

export function attention(a: Attention, factor: f32): void {
  const width = rounded(a.width), columns = rounded(a.columns), values = rounded(a.values);
  const scoreRow = <usize>columns << 2, outputRow = <usize>values << 2;
  for (let head = 0; head < a.heads; head++) {
    packHead(a, head, width, columns);
    const q = a.q + (<usize>(head * a.rows * a.width) << 2);
    let y = a.y + (<usize>(head * a.rows * a.values) << 2);
    for (let r = 0; r < a.rows; r += a.block) {
      const count = min(a.block, a.rows - r), fours = (count + 3) & ~3;
      loadRows(q + (<usize>(r * a.width) << 2), a.queries, count, a.width, width, factor);
      product(a.queries, a.keys, a.scores, fours, width, columns);
      // Divided by its sum is the output, which is shorter than the row of scores.
      for (let i = 0; i < count; i++) {
        const row = a.scores + <usize>i * scoreRow;
        store<f32>(a.queries + (<usize>i << 2), 1 / exponentials(row, row, a.columns));
        memory.fill(row + (<usize>a.columns << 2), 0, scoreRow - (<usize>a.columns << 2));
      }
      product(a.scores, a.valuePanels, a.outputs, fours, columns, values);
      for (let i = 0; i < count; i++, y += <usize>a.values << 2) {
        scale(a.outputs + <usize>i * outputRow, y, a.values, load<f32>(a.queries + (<usize>i << 2)));
      }
    }
  }
}

function packHead(a: Attention, head: i32, width: i32, columns: i32): void {
  const k = a.k + (<usize>(head * a.columns * a.width) << 2), v = a.v + (<usize>(head * a.columns * a.values) << 2);
  packPanelsTransposed(k, a.keys, a.width, a.columns, <usize>width << 5);
  packPanels(v, a.valuePanels, a.columns, a.values, <usize>columns << 5);
}

/** dq, dk and dv: with weights p and dp = dy v^T, dscores = p (dp - sum(p dp)); dv = p^T dy, dq = dscores k, dk = dscores^T q. */
export function attentionGradient(a: Attention, factor: f32): void {
  const width = rounded(a.width), columns = rounded(a.columns), values = rounded(a.values);
  const scoreRow = <usize>columns << 2, keyRow = <usize>width << 2;
  for (let head = 0; head < a.heads; head++) {
    const rowsBefore = <usize>(head * a.rows) << 2, columnsBefore = <usize>(head * a.columns) << 2;
    const k = a.k + columnsBefore * a.width, v = a.v + columnsBefore * a.values;
    packPanelsTransposed(k, a.keys, a.width, a.columns, <usize>width << 5);
    packPanels(k, a.keyPanels, a.columns, a.width, <usize>columns << 5);
    packPanelsTransposed(v, a.valuesTransposed, a.values, a.columns, <usize>values << 5);
    memory.fill(a.dkeys, 0, <usize>columns * keyRow);
    memory.fill(a.dvalues, 0, <usize>(columns * values) << 2);
    for (let r = 0; r < a.rows; r += a.block) {
      const count = min(a.block, a.rows - r), fours = (count + 3) & ~3;
      const at = rowsBefore + (<usize>r << 2);
      loadRows(a.q + at * a.width, a.queries, count, a.width, width, factor);
      loadRows(a.dy + at * a.values, a.outputs, count, a.values, values, 1);
      product(a.queries, a.keys, a.scores, fours, width, columns);
      product(a.outputs, a.valuesTransposed, a.dscores, fours, values, columns);
      for (let i = 0; i < count; i++) {
        const p = a.scores + <usize>i * scoreRow, dp = a.dscores + <usize>i * scoreRow;
        softmaxRow(p, p, a.columns, 1);
        softmaxGradientRow(dp, p, dp, a.columns);
      }
      addTransposedProduct(a.scores, a.outputs, a.dvalues, count, columns, values);
      addTransposedProduct(a.dscores, a.queries, a.dkeys, count, columns, width);
      // The queries have been used: their place takes dq.
      product(a.dscores, a.keyPanels, a.queries, fours, columns, width);
      let dq = a.dq + at * a.width;
      for (let i = 0; i < count; i++, dq += <usize>a.width << 2) scale(a.queries + <usize>i * keyRow, dq, a.width, factor);
    }
    store2d(a.dkeys, a.dk + columnsBefore * a.width, a.columns, width, a.width);
    store2d(a.dvalues, a.dv + columnsBefore * a.values, a.columns, values, a.values);
  }
}

function store2d(from: usize, to: usize, rows: i32, fromColumns: i32, columns: i32): void {
  for (let r = 0; r < rows; r++, from += <usize>fromColumns << 2, to += <usize>columns << 2) {
    memory.copy(to, from, <usize>columns << 2);
  }
}
