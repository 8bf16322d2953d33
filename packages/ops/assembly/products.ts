// Products of small matrices that lie in cache, in tiles of four rows times eight columns. The loops are not unrolled: V8
// would then move the loads up and run out of registers.
import { madd } from './simd';

/** c [rows][columns] = a [rows][depth] b, with b in panels [columns / 8][depth][8]. Rows count in fours, columns in eights. */
export function product(a: usize, b: usize, c: usize, rows: i32, depth: i32, columns: i32): void {
  const row = <usize>depth << 2, cRow = <usize>columns << 2;
  for (let column: usize = 0; column < cRow; column += 32) {
    let x0 = a, y = c + column;
    for (let r = 0; r < rows; r += 4) {
      let x1 = x0 + row, x2 = x1 + row, x3 = x2 + row, w = b;
      let a00 = f32x4.splat(0), a01 = f32x4.splat(0);
      let a10 = f32x4.splat(0), a11 = f32x4.splat(0);
      let a20 = f32x4.splat(0), a21 = f32x4.splat(0);
      let a30 = f32x4.splat(0), a31 = f32x4.splat(0);
      const end = x1;
      while (x0 < end) {
        const w0 = v128.load(w), w1 = v128.load(w, 16);
        let s = v128.load32_splat(x0);
        a00 = madd(s, w0, a00); a01 = madd(s, w1, a01);
        s = v128.load32_splat(x1);
        a10 = madd(s, w0, a10); a11 = madd(s, w1, a11);
        s = v128.load32_splat(x2);
        a20 = madd(s, w0, a20); a21 = madd(s, w1, a21);
        s = v128.load32_splat(x3);
        a30 = madd(s, w0, a30); a31 = madd(s, w1, a31);
        x0 += 4; x1 += 4; x2 += 4; x3 += 4;
        w += 32;
      }
      v128.store(y, a00); v128.store(y, a01, 16); y += cRow;
      v128.store(y, a10); v128.store(y, a11, 16); y += cRow;
      v128.store(y, a20); v128.store(y, a21, 16); y += cRow;
      v128.store(y, a30); v128.store(y, a31, 16); y += cRow;
      x0 = x3;
    }
    b += <usize>depth << 5;
  }
}

/** c [rows][columns] += a^T b over `depth` rows of a [depth][rows] and b [depth][columns]. Rows count in fours, columns in eights. */
export function addTransposedProduct(a: usize, b: usize, c: usize, depth: i32, rows: i32, columns: i32): void {
  const row = <usize>rows << 2, cRow = <usize>columns << 2, end = b + <usize>depth * cRow;
  for (let column: usize = 0; column < cRow; column += 32) {
    let y = c + column;
    for (let r: usize = 0; r < row; r += 16) {
      let a00 = f32x4.splat(0), a01 = f32x4.splat(0);
      let a10 = f32x4.splat(0), a11 = f32x4.splat(0);
      let a20 = f32x4.splat(0), a21 = f32x4.splat(0);
      let a30 = f32x4.splat(0), a31 = f32x4.splat(0);
      let p = a + r;
      for (let q = b + column; q < end; q += cRow) {
        const w0 = v128.load(q), w1 = v128.load(q, 16);
        let s = v128.load32_splat(p);
        a00 = madd(s, w0, a00); a01 = madd(s, w1, a01);
        s = v128.load32_splat(p, 4);
        a10 = madd(s, w0, a10); a11 = madd(s, w1, a11);
        s = v128.load32_splat(p, 8);
        a20 = madd(s, w0, a20); a21 = madd(s, w1, a21);
        s = v128.load32_splat(p, 12);
        a30 = madd(s, w0, a30); a31 = madd(s, w1, a31);
        p += row;
      }
      add(y, a00, a01); y += cRow;
      add(y, a10, a11); y += cRow;
      add(y, a20, a21); y += cRow;
      add(y, a30, a31); y += cRow;
    }
  }
}

// @ts-ignore: decorator
@inline
function add(at: usize, low: v128, high: v128): void {
  v128.store(at, f32x4.add(v128.load(at), low));
  v128.store(at, f32x4.add(v128.load(at, 16), high), 16);
}
