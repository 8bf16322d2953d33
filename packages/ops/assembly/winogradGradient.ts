// The gradient of a 3^3 filter by Winograd's F(4, 3): on each axis G^T [(B^T x) (A dy)] of a tile of 4 outputs, so that 4^3 of
// them take 6^3 = 216 multiplications for each pair of channels, and not 64 * 27 = 1728; tiles of 2^3, as in winograd.ts, would
// take 512. (Lavin and Gray 2016, arXiv:1509.09308)
//   B^T x = (4 x0 - 5 x2 + x4, (x4 - 4 x2) + (x3 - 4 x1), (x4 - 4 x2) - (x3 - 4 x1),
//            (x4 - x2) + 2 (x3 - x1), (x4 - x2) - 2 (x3 - x1), 4 x1 - 5 x3 + x5)
//   A y   = (y0, (y0 + y2) + (y1 + y3), (y0 + y2) - (y1 + y3), (y0 + 4 y2) + 2 (y1 + 4 y3), (y0 + 4 y2) - 2 (y1 + 4 y3), y3)
//   G^T u = (u0 / 4 - (u1 + u2) / 6 + (u3 + u4) / 24, (u2 - u1) / 6 + (u3 - u4) / 12, (u3 + u4 - u1 - u2) / 6 + u5)
import { addTransposedProduct } from './products';
import { madd } from './simd';

/** One sample. Channels count in eights. */
@unmanaged
class WinogradGradient {
  /** [4 depth + 2][4 height + 2][4 width + 2][channelsIn], padded. */
  x!: usize;
  /** [4 depth][4 height][4 width][channelsOut], padded. */
  dy!: usize;
  /** [216][channelsIn][channelsOut], added to. */
  weights!: usize;
  /** Scratch: 216 times [block][channelsIn] and [block][channelsOut], `pointStep` and `sumStep` bytes apart. */
  points!: usize;
  sums!: usize;
  pointStep!: usize;
  sumStep!: usize;
  block!: i32;
  /** Scratch: a tile that is transformed along one axis, and along two, four channels of it. */
  oneAxis!: usize;
  twoAxes!: usize;
  /** Tiles along each axis. */
  depth!: i32;
  height!: i32;
  width!: i32;
  channelsIn!: i32;
  channelsOut!: i32;
}

/** The gradient of the weights in the transformed domain. */
export function winogradFilterGradient(r: WinogradGradient): void {
  const tiles = r.depth * r.height * r.width;
  const xVoxel = <usize>r.channelsIn << 2, yVoxel = <usize>r.channelsOut << 2;
  const xRow = <usize>(4 * r.width + 2) * xVoxel, xPlane = <usize>(4 * r.height + 2) * xRow;
  const yRow = <usize>(4 * r.width) * yVoxel, yPlane = <usize>(4 * r.height) * yRow;
  const weightStep = <usize>r.channelsIn * yVoxel;
  for (let first = 0; first < tiles; first += r.block) {
    const count = min(r.block, tiles - first);
    for (let tile = 0; tile < count; tile++) {
      const at = first + tile;
      const w = <usize>(4 * (at % r.width)), row = at / r.width;
      const h = <usize>(4 * (row % r.height)), d = <usize>(4 * (row / r.height));
      const x = r.x + d * xPlane + h * xRow + w * xVoxel, dy = r.dy + d * yPlane + h * yRow + w * yVoxel;
      transformInput(r, x, xPlane, xRow, xVoxel, r.points + <usize>tile * xVoxel);
      transformGradient(r, dy, yPlane, yRow, yVoxel, r.sums + <usize>tile * yVoxel);
    }
    for (let point: usize = 0; point < 216; point++) {
      addTransposedProduct(
        r.points + point * r.pointStep, r.sums + point * r.sumStep, r.weights + point * weightStep,
        count, r.channelsIn, r.channelsOut,
      );
    }
  }
}

/** B^T of a tile of 6^3 voxels, to the points: along its rows, its columns, its depth. */
function transformInput(r: WinogradGradient, x: usize, plane: usize, row: usize, voxel: usize, to: usize): void {
  const end = x + voxel;
  for (; x < end; x += 16, to += 16) {
    let one = r.oneAxis, two = r.twoAxes;
    for (let d: usize = 0; d < 6; d++) {
      for (let h: usize = 0; h < 6; h++, one += 96) inputLine(x + d * plane + h * row, voxel, one, 16);
    }
    one = r.oneAxis;
    for (let d = 0; d < 6; d++, one += 480, two += 480) {
      for (const last = one + 96; one < last; one += 16, two += 16) inputLine(one, 96, two, 96);
    }
    two = r.twoAxes;
    for (let point: usize = 0; point < 36; point++, two += 16) {
      inputLine(two, 576, to + point * r.pointStep, 36 * r.pointStep);
    }
  }
}

/** A of a tile of 4^3 outputs, to the points. */
function transformGradient(r: WinogradGradient, dy: usize, plane: usize, row: usize, voxel: usize, to: usize): void {
  const end = dy + voxel;
  for (; dy < end; dy += 16, to += 16) {
    let one = r.oneAxis, two = r.twoAxes;
    for (let d: usize = 0; d < 4; d++) {
      for (let h: usize = 0; h < 4; h++, one += 96) gradientLine(dy + d * plane + h * row, voxel, one, 16);
    }
    one = r.oneAxis;
    for (let d = 0; d < 4; d++, one += 288, two += 480) {
      for (const last = one + 96; one < last; one += 16, two += 16) gradientLine(one, 96, two, 96);
    }
    two = r.twoAxes;
    for (let point: usize = 0; point < 36; point++, two += 16) {
      gradientLine(two, 576, to + point * r.sumStep, 36 * r.sumStep);
    }
  }
}

/** B^T of six values, `from` apart, to six points, `step` apart. */
// @ts-ignore: decorator
@inline
function inputLine(x: usize, from: usize, to: usize, step: usize): void {
  const four = f32x4.splat(4), two = f32x4.splat(2), minusFour = f32x4.splat(-4), minusFive = f32x4.splat(-5);
  const x0 = v128.load(x), x1 = v128.load(x + from), x2 = v128.load(x + 2 * from);
  const x3 = v128.load(x + 3 * from), x4 = v128.load(x + 4 * from), x5 = v128.load(x + 5 * from);
  v128.store(to, madd(four, x0, madd(minusFive, x2, x4)));
  v128.store(to + 5 * step, madd(four, x1, madd(minusFive, x3, x5)));
  let even = madd(minusFour, x2, x4), odd = madd(minusFour, x1, x3);
  v128.store(to + step, f32x4.add(even, odd));
  v128.store(to + 2 * step, f32x4.sub(even, odd));
  even = f32x4.sub(x4, x2);
  odd = f32x4.mul(two, f32x4.sub(x3, x1));
  v128.store(to + 3 * step, f32x4.add(even, odd));
  v128.store(to + 4 * step, f32x4.sub(even, odd));
}

/** A of four values, `from` apart, to six points, `step` apart. */
// @ts-ignore: decorator
@inline
function gradientLine(y: usize, from: usize, to: usize, step: usize): void {
  const four = f32x4.splat(4);
  const y0 = v128.load(y), y1 = v128.load(y + from), y2 = v128.load(y + 2 * from), y3 = v128.load(y + 3 * from);
  v128.store(to, y0);
  v128.store(to + 5 * step, y3);
  let even = f32x4.add(y0, y2), odd = f32x4.add(y1, y3);
  v128.store(to + step, f32x4.add(even, odd));
  v128.store(to + 2 * step, f32x4.sub(even, odd));
  even = madd(four, y2, y0);
  odd = madd(four, y3, y1);
  odd = f32x4.add(odd, odd);
  v128.store(to + 3 * step, f32x4.add(even, odd));
  v128.store(to + 4 * step, f32x4.sub(even, odd));
}

/** G^T along the middle axis of u [outer][6][inner], to [outer][3][inner]; `inner` in fours. */
export function transformFilterGradientAxis(u: usize, g: usize, outer: i32, inner: usize): void {
  const size = inner << 2;
  const quarter = f32x4.splat(0.25), sixth = f32x4.splat(<f32>(1.0 / 6)), twelfth = f32x4.splat(<f32>(1.0 / 12));
  const minusSixth = f32x4.splat(<f32>(-1.0 / 6)), twentyFourth = f32x4.splat(<f32>(1.0 / 24));
  for (let o = 0; o < outer; o++, g += 2 * size, u += 5 * size) {
    for (const end = g + size; g < end; g += 16, u += 16) {
      const u1 = v128.load(u + size), u2 = v128.load(u + 2 * size);
      const u3 = v128.load(u + 3 * size), u4 = v128.load(u + 4 * size);
      const inside = f32x4.mul(minusSixth, f32x4.add(u1, u2)), outside = f32x4.add(u3, u4);
      v128.store(g, madd(quarter, v128.load(u), madd(twentyFourth, outside, inside)));
      v128.store(g + size, madd(twelfth, f32x4.sub(u3, u4), f32x4.mul(sixth, f32x4.sub(u2, u1))));
      v128.store(g + 2 * size, f32x4.add(madd(sixth, outside, inside), v128.load(u + 5 * size)));
    }
  }
}
