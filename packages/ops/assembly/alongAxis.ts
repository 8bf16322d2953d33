// A small matrix applied along one axis: resampling, pooling and blurring are banded matrices.
import { madd } from './simd';

@unmanaged
class AlongAxis {
  /** [outer, sizeIn, inner] and [outer, sizeOut, inner]. */
  x!: usize;
  y!: usize;
  /** [sizeOut, sizeIn]. */
  matrix!: usize;
  /** Scratch of 2 * sizeOut integers. */
  bands!: usize;
  outer!: i32;
  sizeIn!: i32;
  sizeOut!: i32;
  inner!: i32;
}

/** y[o, n, i] = sum over m of matrix[n, m] x[o, m, i], where the zeros at both ends of a row are skipped. */
export function alongAxis(a: AlongAxis): void {
  findBands(a);
  const row = <usize>a.inner << 2;
  let x = a.x, y = a.y;
  for (let o = 0; o < a.outer; o++) {
    let band = a.bands, matrix = a.matrix;
    for (let n = 0; n < a.sizeOut; n++) {
      const first = load<i32>(band), last = load<i32>(band, 4);
      combine(y, x + <usize>first * row, matrix + (<usize>first << 2), last - first, row);
      band += 8;
      matrix += <usize>a.sizeIn << 2;
      y += row;
    }
    x += <usize>a.sizeIn * row;
  }
}

/** First and one past the last nonzero element of every row of the matrix. */
function findBands(a: AlongAxis): void {
  for (let n = 0; n < a.sizeOut; n++) {
    const matrix = a.matrix + (<usize>(n * a.sizeIn) << 2), band = a.bands + (<usize>n << 3);
    let first = 0, last = a.sizeIn;
    while (first < last && load<f32>(matrix + (<usize>first << 2)) == 0) first++;
    while (last > first && load<f32>(matrix + (<usize>(last - 1) << 2)) == 0) last--;
    store<i32>(band, first);
    store<i32>(band, last, 4);
  }
}

/** One row of y from `count` rows of x. Sixteen floats, a cache line, at a time; then four; then one. */
function combine(y: usize, x: usize, factors: usize, count: i32, row: usize): void {
  const end = y + row, factorsEnd = factors + (<usize>count << 2);
  for (; y + 64 <= end; y += 64, x += 64) {
    let a = f32x4.splat(0), b = f32x4.splat(0), c = f32x4.splat(0), d = f32x4.splat(0);
    for (let f = factors, p = x; f < factorsEnd; f += 4, p += row) {
      const s = v128.load32_splat(f);
      a = madd(s, v128.load(p), a);
      b = madd(s, v128.load(p, 16), b);
      c = madd(s, v128.load(p, 32), c);
      d = madd(s, v128.load(p, 48), d);
    }
    v128.store(y, a);
    v128.store(y, b, 16);
    v128.store(y, c, 32);
    v128.store(y, d, 48);
  }
  for (; y + 16 <= end; y += 16, x += 16) {
    let a = f32x4.splat(0);
    for (let f = factors, p = x; f < factorsEnd; f += 4, p += row) a = madd(v128.load32_splat(f), v128.load(p), a);
    v128.store(y, a);
  }
  if (y + 12 == end) {
    // Vectors of a field.
    let a: f32 = 0, b: f32 = 0, c: f32 = 0;
    for (let f = factors, p = x; f < factorsEnd; f += 4, p += row) {
      const s = load<f32>(f);
      a += s * load<f32>(p);
      b += s * load<f32>(p, 4);
      c += s * load<f32>(p, 8);
    }
    store<f32>(y, a);
    store<f32>(y, b, 4);
    store<f32>(y, c, 8);
    return;
  }
  for (; y < end; y += 4, x += 4) {
    let a: f32 = 0;
    for (let f = factors, p = x; f < factorsEnd; f += 4, p += row) a += load<f32>(f) * load<f32>(p);
    store<f32>(y, a);
  }
}
