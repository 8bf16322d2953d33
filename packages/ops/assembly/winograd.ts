// Winograd's minimal filtering F(2, 3) on three axes: y = A^T [(G g) (B^T x)], so that a tile of 2^3 outputs of a 3^3
// convolution takes 4^3 = 64 multiplications for each pair of channels, and not 8 * 27 = 216; over the channels these are
// 64 products of small matrices. (Lavin and Gray 2016, arXiv:1509.09308)
import { product } from './products';
import { transformInput, transformOutput } from './winogradTransforms';

/** One sample. Channels count in eights; `block`, the tiles that are in cache together, in fours. */
@unmanaged
class Winograd {
  /** [2 depth + 2][2 height + 2][2 width + 2][channelsIn], padded. */
  x!: usize;
  /** [64][channelsOut / 8][channelsIn][8]. */
  weights!: usize;
  /** Outputs, of any size up to [2 depth][2 height][2 width]. */
  y!: usize;
  /** Scratch: 64 times [block][channelsIn] and [block][channelsOut], `pointStep` and `sumStep` bytes apart. */
  points!: usize;
  sums!: usize;
  pointStep!: usize;
  sumStep!: usize;
  block!: i32;
  /** Tiles along each axis. */
  depth!: i32;
  height!: i32;
  width!: i32;
  yDepth!: i32;
  yHeight!: i32;
  yWidth!: i32;
  channelsIn!: i32;
  channelsOut!: i32;
}

/** Position of a tile. */
let d: i32, h: i32, w: i32;

function locate(r: Winograd, tile: i32): void {
  w = tile % r.width;
  h = (tile / r.width) % r.height;
  d = tile / (r.width * r.height);
}

function transformInputs(r: Winograd, first: i32, count: i32): void {
  const voxel = <usize>r.channelsIn << 2;
  const row = <usize>(2 * r.width + 2) * voxel, plane = <usize>(2 * r.height + 2) * row;
  for (let tile = 0; tile < count; tile++) {
    locate(r, first + tile);
    const x = r.x + <usize>(2 * d) * plane + <usize>(2 * h) * row + <usize>(2 * w) * voxel;
    transformInput(x, plane, row, voxel, r.points + <usize>tile * voxel, r.pointStep);
  }
}

/** The convolution with weights in the transformed domain. */
export function winograd(r: Winograd): void {
  const tiles = r.depth * r.height * r.width, voxel = <usize>r.channelsOut << 2;
  const pointStep = r.pointStep, sumStep = r.sumStep;
  const weightStep = <usize>r.channelsIn * voxel;
  for (let first = 0; first < tiles; first += r.block) {
    const count = min(r.block, tiles - first);
    transformInputs(r, first, count);
    for (let point: usize = 0; point < 64; point++) {
      product(
        r.points + point * pointStep, r.weights + point * weightStep, r.sums + point * sumStep,
        (count + 3) & ~3, r.channelsIn, r.channelsOut,
      );
    }
    const row = <usize>r.yWidth * voxel, plane = <usize>r.yHeight * row;
    for (let tile = 0; tile < count; tile++) {
      locate(r, first + tile);
      const y = r.y + <usize>(2 * d) * plane + <usize>(2 * h) * row + <usize>(2 * w) * voxel;
      transformOutput(
        r.sums + <usize>tile * voxel, sumStep, y, plane, row, voxel,
        2 * d + 1 < r.yDepth, 2 * h + 1 < r.yHeight, 2 * w + 1 < r.yWidth,
      );
    }
  }
}
