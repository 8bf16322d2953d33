// A convolution is a sum over contiguous runs: in a padded channels-last volume, output voxel (d, h, w) is the sum, over
// the planes and rows of the filter, of a run of kernelWidth * channelsIn neighbouring floats times packed weights. The
// same loop serves any kernel size and stride, each stride phase of the transposed convolution (which writes to strided
// outputs), and the matrix product (one run a row).
import { madd, storeUpTo8, sumLanes } from './simd';

/** All distances are in bytes. Weights are panels [ceil(channels / 8)][floats of all runs][8], zero beyond `channels`. */
@unmanaged
class Runs {
  x!: usize;
  weights!: usize;
  y!: usize;
  /** Number of outputs along each axis. */
  depth!: i32;
  height!: i32;
  width!: i32;
  /** From the input of an output to that of its neighbour. */
  xDepth!: usize;
  xHeight!: usize;
  xWidth!: usize;
  /** From an output to its neighbour. */
  yDepth!: usize;
  yHeight!: usize;
  yWidth!: usize;
  channels!: i32;
  /** From one panel of weights to the next. */
  panel!: usize;
  /** The runs of one output: planes x rows of them, each `run` bytes long. */
  planes!: i32;
  rows!: i32;
  xPlane!: usize;
  xRow!: usize;
  run!: usize;
  /** Nonzero: add to y. */
  accumulate!: i32;
}

/** Outputs that share one pass over a panel; the inputs of so many stay in the first cache level. */
const GROUP = 32;

let w: i32, h: i32, x: usize, y: usize;

// @ts-ignore: decorator
@inline
function next(r: Runs): void {
  x += r.xWidth;
  y += r.yWidth;
  if (++w < r.width) return;
  w = 0;
  x += r.xHeight - <usize>r.width * r.xWidth;
  y += r.yHeight - <usize>r.width * r.yWidth;
  if (++h < r.height) return;
  h = 0;
  x += r.xDepth - <usize>r.height * r.xHeight;
  y += r.yDepth - <usize>r.height * r.yHeight;
}

/** One tile: `count` (1 to 4) outputs times eight channels. Missing outputs repeat the last one and are not stored. */
function tile(r: Runs, weights: usize, yOffset: usize, channels: i32, count: i32): void {
  let x0 = x,
    y0 = y + yOffset;
  if (count > 1) next(r);
  let x1 = x,
    y1 = y + yOffset;
  if (count > 2) next(r);
  let x2 = x,
    y2 = y + yOffset;
  if (count > 3) next(r);
  let x3 = x,
    y3 = y + yOffset;
  next(r);

  let a00 = f32x4.splat(0), a01 = f32x4.splat(0);
  let a10 = f32x4.splat(0), a11 = f32x4.splat(0);
  let a20 = f32x4.splat(0), a21 = f32x4.splat(0);
  let a30 = f32x4.splat(0), a31 = f32x4.splat(0);
  const run = r.run, rows = r.rows, planes = r.planes;
  const rowStep = r.xRow - run, planeStep = r.xPlane - <usize>rows * r.xRow;
  for (let i = 0; i < planes; i++) {
    for (let j = 0; j < rows; j++) {
      const end = x0 + run;
      while (x0 < end) {
        const w0 = v128.load(weights), w1 = v128.load(weights, 16);
        let s = v128.load32_splat(x0);
        a00 = madd(s, w0, a00); a01 = madd(s, w1, a01);
        s = v128.load32_splat(x1);
        a10 = madd(s, w0, a10); a11 = madd(s, w1, a11);
        s = v128.load32_splat(x2);
        a20 = madd(s, w0, a20); a21 = madd(s, w1, a21);
        s = v128.load32_splat(x3);
        a30 = madd(s, w0, a30); a31 = madd(s, w1, a31);
        x0 += 4; x1 += 4; x2 += 4; x3 += 4;
        weights += 32;
      }
      x0 += rowStep; x1 += rowStep; x2 += rowStep; x3 += rowStep;
    }
    x0 += planeStep; x1 += planeStep; x2 += planeStep; x3 += planeStep;
  }
  const accumulate = r.accumulate;
  finish(y0, a00, a01, channels, accumulate);
  if (count > 1) finish(y1, a10, a11, channels, accumulate);
  if (count > 2) finish(y2, a20, a21, channels, accumulate);
  if (count > 3) finish(y3, a30, a31, channels, accumulate);
}

// @ts-ignore: decorator
@inline
function finish(at: usize, low: v128, high: v128, channels: i32, accumulate: i32): void {
  if (!accumulate) storeUpTo8(at, low, high, channels);
  else if (channels == 8) {
    v128.store(at, f32x4.add(v128.load(at), low));
    v128.store(at, f32x4.add(v128.load(at, 16), high), 16);
  } else {
    addLane(at, f32x4.extract_lane(low, 0));
    if (channels > 1) addLane(at + 4, f32x4.extract_lane(low, 1));
    if (channels > 2) addLane(at + 8, f32x4.extract_lane(low, 2));
    if (channels > 3) addLane(at + 12, f32x4.extract_lane(low, 3));
    if (channels > 4) addLane(at + 16, f32x4.extract_lane(high, 0));
    if (channels > 5) addLane(at + 20, f32x4.extract_lane(high, 1));
    if (channels > 6) addLane(at + 24, f32x4.extract_lane(high, 2));
  }
}

// @ts-ignore: decorator
@inline
function addLane(at: usize, value: f32): void {
  store<f32>(at, load<f32>(at) + value);
}

/** As tile, for one channel whose weights are contiguous: the vectors lie along the run. */
function thinTile(r: Runs, weights: usize, yOffset: usize, count: i32): void {
  let x0 = x;
  const y0 = y + yOffset;
  if (count > 1) next(r);
  let x1 = x;
  const y1 = y + yOffset;
  if (count > 2) next(r);
  let x2 = x;
  const y2 = y + yOffset;
  if (count > 3) next(r);
  let x3 = x;
  const y3 = y + yOffset;
  next(r);

  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
  let s0: f32 = 0, s1: f32 = 0, s2: f32 = 0, s3: f32 = 0;
  const run = r.run, rows = r.rows, planes = r.planes, whole = run & ~15;
  const rowStep = r.xRow - run, planeStep = r.xPlane - <usize>rows * r.xRow;
  for (let i = 0; i < planes; i++) {
    for (let j = 0; j < rows; j++) {
      const wholeEnd = x0 + whole, end = x0 + run;
      while (x0 < wholeEnd) {
        const w = v128.load(weights);
        a0 = madd(v128.load(x0), w, a0);
        a1 = madd(v128.load(x1), w, a1);
        a2 = madd(v128.load(x2), w, a2);
        a3 = madd(v128.load(x3), w, a3);
        x0 += 16; x1 += 16; x2 += 16; x3 += 16;
        weights += 16;
      }
      while (x0 < end) {
        const w = load<f32>(weights);
        s0 += load<f32>(x0) * w;
        s1 += load<f32>(x1) * w;
        s2 += load<f32>(x2) * w;
        s3 += load<f32>(x3) * w;
        x0 += 4; x1 += 4; x2 += 4; x3 += 4;
        weights += 4;
      }
      x0 += rowStep; x1 += rowStep; x2 += rowStep; x3 += rowStep;
    }
    x0 += planeStep; x1 += planeStep; x2 += planeStep; x3 += planeStep;
  }
  store<f32>(y0, s0 + sumLanes(a0));
  if (count > 1) store<f32>(y1, s1 + sumLanes(a1));
  if (count > 2) store<f32>(y2, s2 + sumLanes(a2));
  if (count > 3) store<f32>(y3, s3 + sumLanes(a3));
}

/** As sumRuns, for few channels: weights are panels [channels][floats of all runs]. Does not accumulate. */
export function sumThinRuns(r: Runs): void {
  const total = r.depth * r.height * r.width;
  x = r.x;
  y = r.y;
  w = 0;
  h = 0;
  for (let at = 0; at < total; at += 4) {
    const startX = x, startY = y, startW = w, startH = h;
    for (let channel = 0; channel < r.channels; channel++) {
      x = startX;
      y = startY;
      w = startW;
      h = startH;
      thinTile(r, r.weights + <usize>channel * r.panel, <usize>channel << 2, min(4, total - at));
    }
  }
}

/** y[output, channel] (+)= sum over runs of x * weights; the fields of `r` are written by the caller in their order. */
export function sumRuns(r: Runs): void {
  const total = r.depth * r.height * r.width;
  x = r.x;
  y = r.y;
  w = 0;
  h = 0;
  for (let first = 0; first < total; first += GROUP) {
    const last = min(first + GROUP, total);
    const startX = x, startY = y, startW = w, startH = h;
    let weights = r.weights;
    for (let channel = 0; channel < r.channels; channel += 8) {
      x = startX;
      y = startY;
      w = startW;
      h = startH;
      const channels = min(8, r.channels - channel);
      for (let at = first; at < last; at += 4) tile(r, weights, <usize>channel << 2, channels, min(4, last - at));
      weights += r.panel;
    }
  }
}
