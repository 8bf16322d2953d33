/** a * b + c, fused where the relaxed instruction exists (twice the arithmetic rate of a multiplication and an addition). */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(c, f32x4.mul(a, b));
}

/** Sum of the four lanes. */
// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

/** Writes the first `count` (1 to 8) of the eight floats in `low`, `high`. */
// @ts-ignore: decorator
@inline
export function storeUpTo8(at: usize, low: v128, high: v128, count: i32): void {
  if (count == 8) {
    v128.store(at, low);
    v128.store(at, high, 16);
    return;
  }
  let rest = low;
  if (count >= 4) {
    v128.store(at, low);
    rest = high;
    at += 16;
    count -= 4;
  }
  if (count > 0) v128.store_lane<f32>(at, rest, 0);
  if (count > 1) v128.store_lane<f32>(at, rest, 1, 4);
  if (count > 2) v128.store_lane<f32>(at, rest, 2, 8);
}

/** The first `count` (1 or more, at most 4 of them) floats at an address; the others are `fill`. */
// @ts-ignore: decorator
@inline
export function loadUpTo4(at: usize, count: i32, fill: f32): v128 {
  return count >= 4 ? v128.load(at) : loadFewer(at, count, fill);
}

function loadFewer(at: usize, count: i32, fill: f32): v128 {
  let v = f32x4.splat(fill);
  v = v128.load_lane<f32>(at, v, 0);
  if (count > 1) v = v128.load_lane<f32>(at, v, 1, 4);
  if (count > 2) v = v128.load_lane<f32>(at, v, 2, 8);
  return v;
}

/** Writes the first `count` lanes, 1 or more, at most all four. */
// @ts-ignore: decorator
@inline
export function storeUpTo4(at: usize, v: v128, count: i32): void {
  if (count >= 4) v128.store(at, v);
  else storeFewer(at, v, count);
}

function storeFewer(at: usize, v: v128, count: i32): void {
  v128.store_lane<f32>(at, v, 0);
  if (count > 1) v128.store_lane<f32>(at, v, 1, 4);
  if (count > 2) v128.store_lane<f32>(at, v, 2, 8);
}
