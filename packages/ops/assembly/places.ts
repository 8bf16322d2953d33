// Places in a volume, in voxels along x, y, z: the first three lanes of a vector; the fourth is without meaning.

// @ts-ignore: decorator
@inline
export function load3(at: usize): v128 {
  return v128.load32_lane(at + 8, v128.load64_zero(at), 2);
}

// @ts-ignore: decorator
@inline
export function store3(at: usize, v: v128): void {
  v128.store64_lane(at, v, 0);
  v128.store32_lane(at + 8, v, 2);
}

/** Voxels in half the extent: what a normalised displacement is multiplied by. */
// @ts-ignore: decorator
@inline
export function halves(width: i32, height: i32, depth: i32): v128 {
  return f32x4(<f32>width / 2, <f32>height / 2, <f32>depth / 2, 0);
}

/** A place kept within [0, last]; what is not a number is taken to 0. */
// @ts-ignore: decorator
@inline
export function inside(place: v128, last: v128): v128 {
  return f32x4.pmin(f32x4.pmax(f32x4.splat(0), place), last);
}

/** The voxels below a place that is inside, at most `most`. */
// @ts-ignore: decorator
@inline
export function lowerOf(place: v128, most: v128): v128 {
  return i32x4.min_s(i32x4.trunc_sat_f32x4_s(place), most);
}

/** The first three of four byte offsets together. */
// @ts-ignore: decorator
@inline
export function sumOffsets(offsets: v128): usize {
  return <usize>(i32x4.extract_lane(offsets, 0) + i32x4.extract_lane(offsets, 1) + i32x4.extract_lane(offsets, 2));
}

// @ts-ignore: decorator
@inline
export function lane0(v: v128): v128 {
  return v128.shuffle<f32>(v, v, 0, 0, 0, 0);
}

// @ts-ignore: decorator
@inline
export function lane1(v: v128): v128 {
  return v128.shuffle<f32>(v, v, 1, 1, 1, 1);
}

// @ts-ignore: decorator
@inline
export function lane2(v: v128): v128 {
  return v128.shuffle<f32>(v, v, 2, 2, 2, 2);
}
