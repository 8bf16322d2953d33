// Warping of an image of one channel through a normalised displacement field, zero outside, and what its gradient needs.
import { halves, inside, lane2, load3, lowerOf, store3, sumOffsets } from './places';
import { madd } from './simd';

@unmanaged
class Warp {
  /** The image [depth, height, width] and a copy of it with a voxel of zeros all around. */
  image!: usize;
  padded!: usize;
  /** [outDepth, outHeight, outWidth, 3] in the order x, y, z. */
  displacement!: usize;
  /** [outDepth, outHeight, outWidth]: the result, or the gradient that comes back to it. */
  y!: usize;
  /** Gradient of the displacement. */
  gradient!: usize;
  depth!: i32;
  height!: i32;
  width!: i32;
  outDepth!: i32;
  outHeight!: i32;
  outWidth!: i32;
}

function padByOne(s: Warp): void {
  const row = <usize>s.width << 2, paddedRow = row + 8, plane = paddedRow * <usize>(s.height + 2);
  memory.fill(s.padded, 0, plane * <usize>(s.depth + 2));
  let from = s.image;
  for (let z = 0; z < s.depth; z++) {
    let to = s.padded + plane * <usize>(z + 1) + paddedRow + 4;
    for (let y = 0; y < s.height; y++, from += row, to += paddedRow) memory.copy(to, from, row);
  }
}

// @ts-ignore: decorator
@inline
function mix(low: f32, high: f32, fraction: f32): f32 {
  return low + fraction * (high - low);
}

/** Four neighbours in a plane, x fastest. */
// @ts-ignore: decorator
@inline
function square(at: usize, row: usize): v128 {
  return v128.load64_lane(at + row, v128.load64_zero(at), 1);
}

/** y = the image at p + displacement(p). */
export function warp(s: Warp): void {
  padByOne(s);
  const row = <usize>(s.width + 2) << 2, plane = row * <usize>(s.height + 2), padded = s.padded;
  const half = halves(s.width, s.height, s.depth), last = f32x4.add(f32x4.add(half, half), f32x4.splat(1));
  const most = i32x4(s.width, s.height, s.depth, 0), strides = i32x4(4, <i32>row, <i32>plane, 0);
  const depth = s.outDepth, height = s.outHeight, width = s.outWidth;
  const scaleX = <f32>s.width / <f32>width, scaleY = <f32>s.height / <f32>height, scaleZ = <f32>s.depth / <f32>depth;
  let d = s.displacement, result = s.y;
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      const start = f32x4(0, (<f32>y + 0.5) * scaleY + 0.5, (<f32>z + 0.5) * scaleZ + 0.5, 0);
      for (let x = 0; x < width; x++, d += 12, result += 4) {
        const place = madd(load3(d), half, f32x4.replace_lane(start, 0, (<f32>x + 0.5) * scaleX + 0.5));
        const at = inside(place, last), lower = lowerOf(at, most), t = f32x4.sub(at, f32x4.convert_i32x4_s(lower));
        const corner = padded + sumOffsets(i32x4.mul(lower, strides));
        const near = square(corner, row), far = square(corner + plane, row);
        const v = madd(lane2(t), f32x4.sub(far, near), near), tx = f32x4.extract_lane(t, 0);
        const low = mix(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1), tx);
        const high = mix(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3), tx);
        store<f32>(result, mix(low, high, f32x4.extract_lane(t, 1)));
      }
    }
  }
}

/** The gradient of the displacement, from that of y. */
export function warpGradient(s: Warp): void {
  padByOne(s);
  const row = <usize>(s.width + 2) << 2, plane = row * <usize>(s.height + 2), padded = s.padded;
  const half = halves(s.width, s.height, s.depth), last = f32x4.add(f32x4.add(half, half), f32x4.splat(1));
  const most = i32x4(s.width, s.height, s.depth, 0), strides = i32x4(4, <i32>row, <i32>plane, 0);
  const depth = s.outDepth, height = s.outHeight, width = s.outWidth;
  const scaleX = <f32>s.width / <f32>width, scaleY = <f32>s.height / <f32>height, scaleZ = <f32>s.depth / <f32>depth;
  let d = s.displacement, dy = s.y, gradient = s.gradient;
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      const start = f32x4(0, (<f32>y + 0.5) * scaleY + 0.5, (<f32>z + 0.5) * scaleZ + 0.5, 0);
      for (let x = 0; x < width; x++, d += 12, dy += 4, gradient += 12) {
        const place = madd(load3(d), half, f32x4.replace_lane(start, 0, (<f32>x + 0.5) * scaleX + 0.5));
        const at = inside(place, last), lower = lowerOf(at, most), t = f32x4.sub(at, f32x4.convert_i32x4_s(lower));
        const corner = padded + sumOffsets(i32x4.mul(lower, strides));
        const near = square(corner, row), along = f32x4.sub(square(corner + plane, row), near);
        const v = madd(lane2(t), along, near), tx = f32x4.extract_lane(t, 0), ty = f32x4.extract_lane(t, 1);
        const v0 = f32x4.extract_lane(v, 0), v1 = f32x4.extract_lane(v, 1);
        const v2 = f32x4.extract_lane(v, 2), v3 = f32x4.extract_lane(v, 3);
        const lowZ = mix(f32x4.extract_lane(along, 0), f32x4.extract_lane(along, 1), tx);
        const highZ = mix(f32x4.extract_lane(along, 2), f32x4.extract_lane(along, 3), tx);
        const slopes = f32x4(mix(v1 - v0, v3 - v2, ty), mix(v2, v3, tx) - mix(v0, v1, tx), mix(lowZ, highZ, ty), 0);
        // Where the place was kept inside nothing changes with the displacement.
        const factor = v128.and(half, v128.and(f32x4.gt(place, f32x4.splat(0)), f32x4.lt(place, last)));
        store3(gradient, f32x4.mul(f32x4.mul(factor, slopes), f32x4.splat(load<f32>(dy))));
      }
    }
  }
}
