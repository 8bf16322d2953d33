import type { TensorInfo } from '@tensorflow/tfjs-core';
import { map, sample, sizeOf } from './conv3d.geometry';
import type { Call } from './heap';
import type { Size, Volume } from './runs';

/** Points of a tile of 4^3 outputs in the transformed domain. */
const POINTS = 216;
/** Most tiles of a block: the length of the sums, after each of which all of the gradient passes through the processor. */
const MAX_BLOCK = 32;
/** Most of them along a row. The longer, the better a processor foresees what is read next. */
const MAX_WIDE = 16;
/** Floats of a cache line, which the kernel leaves between planes, points and rows (GAP). */
const LINE = 16;

/** Gradient of the filter: x [B, D, H, W, C], dy [B, D', H', W', C'] to dw [3, 3, 3, C, C']. */
export function winogradFilterGradient(call: Call, x: TensorInfo, dy: TensorInfo, dw: TensorInfo, padding: Size): void {
  const [channelsIn, channelsOut] = dw.shape.slice(3);
  const pair = channelsIn * channelsOut;
  const tiles = map((axis) => Math.ceil(sizeOf(dy.shape)[axis] / 4));
  const block = blockOf(tiles);
  const weights = call.scratch(POINTS * pair);
  call.zero(weights, POINTS * pair);
  const xScratch = scratchFor(call, block, 6, channelsIn);
  const dyScratch = scratchFor(call, block, 4, channelsOut);
  for (let b = 0; b < x.shape[0]; b++) {
    const [xTiles, dyTiles, cut, current] = call.structs(
      { ...tiled(sample(call, x, b), padding), ...xScratch },
      { ...tiled(sample(call, dy, b), [0, 0, 0]), ...dyScratch },
      {
        blockDepth: block[0],
        blockHeight: block[1],
        blockWidth: block[2],
        depth: tiles[0],
        height: tiles[1],
        width: tiles[2],
      },
      { d: 0, h: 0, w: 0, deep: 0, high: 0, wide: 0 }, // set by the kernel, block for block
    );
    call.kernels.winogradFilterGradient(xTiles, dyTiles, cut, current, weights);
  }
  const onTwoAxes = call.scratch(108 * pair);
  const onOneAxis = call.scratch(54 * pair);
  call.kernels.transformFilterGradientAxis(weights, onTwoAxes, 1, 36 * pair);
  call.kernels.transformFilterGradientAxis(onTwoAxes, onOneAxis, 3, 6 * pair);
  call.kernels.transformFilterGradientAxis(onOneAxis, call.at(dw), 9, pair);
}

/** The size of a block: along the row first, then along the depth, where neighbouring tiles share planes. */
function blockOf([depth, height, width]: Size): Size {
  const wide = evenly(width, MAX_WIDE);
  const deep = evenly(depth, MAX_BLOCK / wide);
  return [deep, evenly(height, MAX_BLOCK / (wide * deep)), wide];
}

/** The size of parts of `length` that are at most so large and as even as possible. */
function evenly(length: number, most: number): number {
  return Math.ceil(length / Math.ceil(length / Math.max(1, Math.floor(most))));
}

function tiled({ at, size: [depth, height, width], channels }: Volume, [padDepth, padHeight, padWidth]: Size) {
  return { at, depth, height, width, channels, padDepth, padHeight, padWidth };
}

/** Scratch for a block of tiles of `length` voxels along each axis, as the kernel calls it. */
function scratchFor(call: Call, [deep, high, wide]: Size, length: number, channels: number) {
  const line = wide * channels;
  return {
    planes: call.scratch(high * (4 * deep + length - 4) * (36 * line + LINE)),
    points: call.scratch(6 * (deep * high * line + LINE)),
    rows: call.scratch(length * (6 * line + LINE)),
    edge: call.scratch(length * channels),
  };
}
