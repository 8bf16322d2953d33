// The nearest code of each vector: the smallest |c|^2 - 2 v.c, the first on ties.
import { product } from './products';
import { madd } from './simd';

@unmanaged
class NearestCode {
  /** [count][width], [codes][width]; the result, int32 [count]. */
  vectors!: usize;
  codebook!: usize;
  nearest!: usize;
  count!: i32;
  codes!: i32;
  width!: i32;
  /** Codes in eights: panels [codes8 / 8][width][8], and scratch [codes8] and [block][codes8]. */
  panels!: usize;
  norms!: usize;
  products!: usize;
  /** Vectors at once, in fours; scratch [block][width]. */
  block!: i32;
  padded!: usize;
}

export function nearestCode(n: NearestCode): void {
  const row = <usize>n.width << 2, codes8 = (n.codes + 7) & ~7;
  squaredNorms(n, codes8);
  for (let first = 0; first < n.count; first += n.block) {
    const count = min(n.block, n.count - first), fours = (count + 3) & ~3;
    memory.copy(n.padded, n.vectors + <usize>first * row, <usize>count * row);
    memory.fill(n.padded + <usize>count * row, 0, <usize>(fours - count) * row);
    product(n.padded, n.panels, n.products, fours, n.width, codes8);
    for (let i = 0; i < count; i++) {
      const at = n.nearest + (<usize>(first + i) << 2);
      store<i32>(at, smallest(n.products + (<usize>(i * codes8) << 2), n.norms, codes8));
    }
  }
}

/** |c|^2, and infinity in the padding. */
function squaredNorms(n: NearestCode, codes8: i32): void {
  let c = n.codebook;
  for (let code = 0; code < codes8; code++) {
    let sum: f32 = Infinity;
    if (code < n.codes) {
      sum = 0;
      for (const end = c + (<usize>n.width << 2); c < end; c += 4) sum += load<f32>(c) * load<f32>(c);
    }
    store<f32>(n.norms + (<usize>code << 2), sum);
  }
}

/** Position of the smallest norm - 2 product; 0 when none compares, as with NaN. */
function smallest(products: usize, norms: usize, count: i32): i32 {
  const minusTwo = f32x4.splat(-2), four = i32x4.splat(4);
  let least = f32x4.splat(Infinity), where = i32x4.splat(0), index = i32x4(0, 1, 2, 3);
  for (let i: usize = 0; i < <usize>count << 2; i += 16) {
    const distance = madd(minusTwo, v128.load(products + i), v128.load(norms + i));
    const less = f32x4.lt(distance, least);
    least = v128.bitselect(distance, least, less);
    where = v128.bitselect(index, where, less);
    index = i32x4.add(index, four);
  }
  let best = f32x4.extract_lane(least, 0), at = i32x4.extract_lane(where, 0);
  const d1 = f32x4.extract_lane(least, 1), d2 = f32x4.extract_lane(least, 2), d3 = f32x4.extract_lane(least, 3);
  const i1 = i32x4.extract_lane(where, 1), i2 = i32x4.extract_lane(where, 2), i3 = i32x4.extract_lane(where, 3);
  if (d1 < best || (d1 == best && i1 < at)) { best = d1; at = i1; }
  if (d2 < best || (d2 == best && i2 < at)) { best = d2; at = i2; }
  if (d3 < best || (d3 == best && i3 < at)) { best = d3; at = i3; }
  return at;
}
