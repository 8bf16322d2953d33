// The gradient of a convolution's filter: for each plane and row of the filter, the matrix [kernelWidth * channelsIn] x
// [channelsOut] is the product of the input runs with dy, summed over all outputs.
import { madd } from './simd';

/** Distances in bytes. Padded so that tiles never straddle: dy to `channels`, a multiple of 8, and dw to `runFloats`, one of 4. */
@unmanaged
class FilterGradient {
  x!: usize;
  dy!: usize;
  dw!: usize;
  /** Number of outputs along each axis. */
  depth!: i32;
  height!: i32;
  width!: i32;
  /** From the input of an output to that of its neighbour. */
  xDepth!: usize;
  xHeight!: usize;
  xWidth!: usize;
  channels!: i32;
  /** The runs of one output: planes x rows of them, each of kernelWidth * channelsIn floats, rounded up to `runFloats`. */
  planes!: i32;
  rows!: i32;
  xPlane!: usize;
  xRow!: usize;
  runFloats!: i32;
}

/** Outputs summed in registers before dw in memory is touched; also the first level of a two-level sum. */
const GROUP = 32;

/** dw [planes][rows][runFloats][channels] += x^T dy for one sample. Reads up to 12 bytes past the last run of x. */
export function filterGradient(g: FilterGradient): void {
  const voxel = <usize>g.channels << 2, dyRow = <usize>g.width * voxel, matrix = <usize>g.runFloats * voxel;
  const rowsPerGroup = max(1, GROUP / g.width);
  for (let d = 0; d < g.depth; d++) {
    const dy = g.dy + <usize>d * <usize>g.height * dyRow;
    let dw = g.dw;
    for (let i = 0; i < g.planes; i++) {
      for (let j = 0; j < g.rows; j++) {
        const x = g.x + <usize>d * g.xDepth + <usize>i * g.xPlane + <usize>j * g.xRow;
        for (let h = 0; h < g.height; h += rowsPerGroup) {
          addRows(g, x + <usize>h * g.xHeight, dy + <usize>h * dyRow, dw, min(rowsPerGroup, g.height - h));
        }
        dw += matrix;
      }
    }
  }
}

function addRows(g: FilterGradient, x: usize, dy: usize, dw: usize, rows: i32): void {
  const voxel = <usize>g.channels << 2, dyRow = <usize>g.width * voxel, xWidth = g.xWidth, xHeight = g.xHeight;
  for (let m = 0; m < g.runFloats; m += 4) {
    for (let c: usize = 0; c < voxel; c += 32) {
      let a00 = f32x4.splat(0), a01 = f32x4.splat(0);
      let a10 = f32x4.splat(0), a11 = f32x4.splat(0);
      let a20 = f32x4.splat(0), a21 = f32x4.splat(0);
      let a30 = f32x4.splat(0), a31 = f32x4.splat(0);
      let q = dy + c, row = x + (<usize>m << 2);
      for (let r = 0; r < rows; r++) {
        let p = row;
        const end = q + dyRow;
        while (q < end) {
          const w0 = v128.load(q), w1 = v128.load(q, 16);
          let s = v128.load32_splat(p);
          a00 = madd(s, w0, a00); a01 = madd(s, w1, a01);
          s = v128.load32_splat(p, 4);
          a10 = madd(s, w0, a10); a11 = madd(s, w1, a11);
          s = v128.load32_splat(p, 8);
          a20 = madd(s, w0, a20); a21 = madd(s, w1, a21);
          s = v128.load32_splat(p, 12);
          a30 = madd(s, w0, a30); a31 = madd(s, w1, a31);
          p += xWidth;
          q += voxel;
        }
        row += xHeight;
      }
      let o = dw + <usize>m * voxel + c;
      add(o, a00, a01); o += voxel;
      add(o, a10, a11); o += voxel;
      add(o, a20, a21); o += voxel;
      add(o, a30, a31);
    }
  }
}

// @ts-ignore: decorator
@inline
function add(at: usize, low: v128, high: v128): void {
  v128.store(at, f32x4.add(v128.load(at), low));
  v128.store(at, f32x4.add(v128.load(at, 16), high), 16);
}

/**
 * As filterGradient, for few channels, with the vectors along the run: dw is [channels][planes][rows][runFloats], dy is not
 * padded, and runFloats is a multiple of 16. Reads up to 60 bytes past the last run of x.
 */
export function thinFilterGradient(g: FilterGradient): void {
  const voxel = <usize>g.channels << 2, dyRow = <usize>g.width * voxel, run = <usize>g.runFloats << 2;
  const rowsPerGroup = max(1, GROUP / g.width);
  for (let d = 0; d < g.depth; d++) {
    let dw = g.dw;
    for (let channel = 0; channel < g.channels; channel++) {
      const dy = g.dy + (<usize>channel << 2) + <usize>d * <usize>g.height * dyRow;
      for (let i = 0; i < g.planes; i++) {
        for (let j = 0; j < g.rows; j++) {
          const x = g.x + <usize>d * g.xDepth + <usize>i * g.xPlane + <usize>j * g.xRow;
          for (let h = 0; h < g.height; h += rowsPerGroup) {
            const rows = min(rowsPerGroup, g.height - h);
            addThinRows(g, x + <usize>h * g.xHeight, dy + <usize>h * dyRow, dw, rows);
          }
          dw += run;
        }
      }
    }
  }
}

function addThinRows(g: FilterGradient, x: usize, dy: usize, dw: usize, rows: i32): void {
  const voxel = <usize>g.channels << 2, dyRow = <usize>g.width * voxel, xWidth = g.xWidth, xHeight = g.xHeight;
  const end = x + (<usize>g.runFloats << 2);
  for (; x < end; x += 64, dw += 64) {
    let a = f32x4.splat(0), b = f32x4.splat(0), c = f32x4.splat(0), d = f32x4.splat(0);
    let q = dy, row = x;
    for (let r = 0; r < rows; r++) {
      let p = row;
      const rowEnd = q + dyRow;
      while (q < rowEnd) {
        const s = v128.load32_splat(q);
        a = madd(s, v128.load(p), a);
        b = madd(s, v128.load(p, 16), b);
        c = madd(s, v128.load(p, 32), c);
        d = madd(s, v128.load(p, 48), d);
        p += xWidth;
        q += voxel;
      }
      row += xHeight;
    }
    add(dw, a, b);
    add(dw + 32, c, d);
  }
}
