// The linear maps of winogradGradient.ts, each along one axis at a time, four channels at a time:
//   B^T x = (4 x0 - 5 x2 + x4, (x4 - 4 x2) + (x3 - 4 x1), (x4 - 4 x2) - (x3 - 4 x1),
//            (x4 - x2) + 2 (x3 - x1), (x4 - x2) - 2 (x3 - x1), 4 x1 - 5 x3 + x5)
//   A y   = (y0, (y0 + y2) + (y1 + y3), (y0 + y2) - (y1 + y3), (y0 + 4 y2) + 2 (y1 + 4 y3), (y0 + 4 y2) - 2 (y1 + 4 y3), y3)
// Tiles of x are 6 voxels long and overlap by 2, those of dy are 4 long; both begin every 4 voxels.
import { madd } from './simd';

/** A volume in tiles, and scratch for those of a block. */
@unmanaged
export class Tiled {
  /** [depth][height][width][channels] */
  at!: usize;
  depth!: i32;
  height!: i32;
  width!: i32;
  channels!: i32;
  /** Zeros before the first voxel; as many follow the last as the tiles need. */
  padDepth!: i32;
  padHeight!: i32;
  padWidth!: i32;
  /** For each row of tiles of the block its planes, transformed along rows and columns: [36][tiles wide][channels]. */
  planes!: usize;
  /** Of one of these 36 points the six along the depth, each [tiles of the block][channels]. */
  points!: usize;
  /** A plane transformed along its rows: as many as a tile is long, each [6][tiles wide][channels]. */
  rows!: usize;
  /** The voxels of a tile in a row that goes beyond the volume. */
  edge!: usize;
}

/** The tiles that are in cache together: the first, and how many there are along each axis. */
@unmanaged
export class Block {
  d!: i32;
  h!: i32;
  w!: i32;
  deep!: i32;
  high!: i32;
  wide!: i32;
}

/** A cache line, without which steps of a power of two would fall into the same few places of the cache. */
const GAP: usize = 64;

/** Bytes of a point of the tiles of one row. */
// @ts-ignore: decorator
@inline
function lineOf(v: Tiled, b: Block): usize {
  return <usize>(b.wide * v.channels) << 2;
}

/** Bytes from one plane of `planes` to the next. */
// @ts-ignore: decorator
@inline
function planeStep(v: Tiled, b: Block): usize {
  return 36 * lineOf(v, b) + GAP;
}

/** Bytes from one point of `points` to the next. */
export function pointStep(v: Tiled, b: Block): usize {
  return <usize>(b.deep * b.high) * lineOf(v, b) + GAP;
}

/** The block's tiles along rows and columns. */
export function transformPlanes(v: Tiled, b: Block, length: i32): void {
  const step = planeStep(v, b), planes = 4 * b.deep + length - 4;
  let to = v.planes;
  for (let h = 0; h < b.high; h++) {
    for (let p = 0; p < planes; p++, to += step) {
      transformPlane(v, b, length, 4 * b.d + p - v.padDepth, 4 * (b.h + h) - v.padHeight, to);
    }
  }
}

function transformPlane(v: Tiled, b: Block, length: i32, plane: i32, top: i32, to: usize): void {
  const line = lineOf(v, b);
  if (plane < 0 || plane >= v.depth) {
    memory.fill(to, 0, 36 * line);
    return;
  }
  const step = 6 * line + GAP;
  for (let r = 0; r < length; r++) {
    const row = top + r, out = v.rows + <usize>r * step;
    if (row < 0 || row >= v.height) memory.fill(out, 0, 6 * line);
    else transformRow(v, b, length, v.at + (<usize>((plane * v.height + row) * v.width * v.channels) << 2), out);
  }
  transformLines(length, v.rows, step, 0, 6 * line, to, 6 * line, 6 * line);
}

/** Tiles that lie in the row are read there, the others with zeros around it. */
function transformRow(v: Tiled, b: Block, length: i32, row: usize, to: usize): void {
  const voxel = <usize>v.channels << 2, line = lineOf(v, b);
  for (let t = 0; t < b.wide;) {
    const first = 4 * (b.w + t) - v.padWidth, beyond = v.width - length - first;
    let count = 1, x = v.edge;
    if (first >= 0 && beyond >= 0) {
      count = min(b.wide - t, beyond / 4 + 1);
      x = row + <usize>first * voxel;
    } else copyEdge(row, first, v.width, length, voxel, x);
    transformLines(length, x, voxel, 3 * voxel, voxel, to, line, <usize>count * voxel);
    to += <usize>count * voxel;
    t += count;
  }
}

function copyEdge(row: usize, first: i32, width: i32, length: i32, voxel: usize, to: usize): void {
  for (let i = first; i < first + length; i++) {
    const inside = i >= 0 && i < width;
    let x = row + <usize>i * voxel;
    for (const end = to + voxel; to < end; to += 16, x += 16) v128.store(to, inside ? v128.load(x) : f32x4.splat(0));
  }
}

/** One of the 36 points of the planes along the depth, to the six of `points`. */
export function transformDepth(v: Tiled, b: Block, length: i32, point: usize): void {
  const line = lineOf(v, b), step = pointStep(v, b), plane = planeStep(v, b);
  let x = v.planes + point * line, to = v.points;
  for (let h = 0; h < b.high; h++, x += <usize>(length - 4) * plane) {
    for (let d = 0; d < b.deep; d++, to += line, x += 4 * plane) {
      transformLines(length, x, plane, 0, line, to, step, line);
    }
  }
}

/** `bytes` of lines along one axis: values `from` apart to points `step` apart. After each `group` bytes x skips `skip` more. */
function transformLines(
  length: i32, x: usize, from: usize, skip: usize, group: usize, to: usize, step: usize, bytes: usize,
): void {
  const end = to + bytes;
  if (length == 6) {
    for (; to < end; x += skip) {
      for (const stop = to + group; to < stop; to += 16, x += 16) inputLine(x, from, to, step);
    }
  } else {
    for (; to < end; x += skip) {
      for (const stop = to + group; to < stop; to += 16, x += 16) gradientLine(x, from, to, step);
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
