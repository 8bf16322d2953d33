import type { TensorInfo } from '@tensorflow/tfjs-core';
import { kernelOf, map, paddedInput, product, sample, sizeOf, type Geometry } from './conv3d.geometry';
import type { Address } from './exports';
import type { Call } from './heap';
import { BYTES, PANEL, roundUp, type Size } from './runs';

/** Points of a tile of 2^3 outputs in the transformed domain. */
const POINTS = 64;
/** What the tiles of one block may take up, so that they stay in the second cache level. */
const BLOCK_BYTES = 1 << 18;
/** Most tiles of a block. */
const MAX_BLOCK = 32;
/** Floats of a cache line; without it between the points, all of them would fall into the same few places of the cache. */
const LINE = 16;

/** Whether assembly/winograd.ts does this convolution, and faster: 3^3 of stride 1, channels in eights. */
export function isWinograd(filterShape: readonly number[], { strides, padding }: Geometry): boolean {
  const [channelsIn, channelsOut] = filterShape.slice(3);
  return (
    kernelOf(filterShape).every((k) => k === 3) &&
    strides.every((s) => s === 1) &&
    padding.every((p) => p <= 2) &&
    channelsIn % PANEL === 0 &&
    channelsOut % PANEL === 0
  );
}

/**
 * Convolution of x [B, D, H, W, C] to y [B, D', H', W', C'] with a filter [3, 3, 3, C, C'], or its adjoint in the input: the
 * convolution of dy with the filter turned about its centre, [3, 3, 3, C', C].
 */
export function winograd(
  call: Call,
  x: TensorInfo,
  filter: TensorInfo,
  y: TensorInfo,
  padding: Size,
  adjoint = false,
): void {
  const [channelsIn, channelsOut] = [x.shape[4], y.shape[4]];
  const weights = transformFilter(call, filter, adjoint);
  const size = sizeOf(y.shape);
  const tiles = map((axis) => Math.ceil(size[axis] / 2));
  const tileBytes = POINTS * (channelsIn + channelsOut) * BYTES;
  const fitting = Math.min(MAX_BLOCK, product(tiles), Math.floor(BLOCK_BYTES / tileBytes));
  const block = Math.max(4, roundUp(fitting, 4));
  const scratch = scratchFor(call, { channelsIn, channelsOut, block });
  for (let b = 0; b < x.shape[0]; b++) {
    call.scope(() => {
      const even = map((axis) => 2 * tiles[axis]);
      const input = paddedInput(call, sample(call, x, b), { strides: [1, 1, 1], padding }, even, [3, 3, 3], 0);
      call.kernels.winograd(
        call.struct({
          x: input.at,
          weights,
          y: sample(call, y, b).at,
          ...scratch,
          ...extent(tiles, size),
          channelsIn,
          channelsOut,
        }),
      );
    });
  }
}

function extent(tiles: Size, size: Size) {
  return {
    depth: tiles[0],
    height: tiles[1],
    width: tiles[2],
    yDepth: size[0],
    yHeight: size[1],
    yWidth: size[2],
  };
}

/** Scratch for the tiles that are transformed together, as the kernels call it. */
function scratchFor(
  call: Call,
  { channelsIn, channelsOut, block }: { channelsIn: number; channelsOut: number; block: number },
) {
  const [pointFloats, sumFloats] = [channelsIn, channelsOut].map((channels) => block * channels + LINE);
  return {
    points: call.scratch(POINTS * pointFloats),
    sums: call.scratch(POINTS * sumFloats),
    pointStep: pointFloats * BYTES,
    sumStep: sumFloats * BYTES,
    block,
  };
}

/** The filter on the 64 points, each matrix in panels; turned about the centre, points 0 and 3 of each axis change places. */
function transformFilter(call: Call, filter: TensorInfo, adjoint: boolean): Address {
  const [channelsIn, channelsOut] = filter.shape.slice(3);
  const pair = channelsIn * channelsOut;
  const weights = call.scratch(POINTS * pair);
  call.scope(() => {
    const onOneAxis = call.scratch(36 * pair);
    const onTwoAxes = call.scratch(48 * pair);
    const points = call.scratch(POINTS * pair);
    call.kernels.transformFilterAxis(call.at(filter), onOneAxis, 1, 9 * pair);
    call.kernels.transformFilterAxis(onOneAxis, onTwoAxes, 4, 3 * pair);
    call.kernels.transformFilterAxis(onTwoAxes, points, 16, pair);
    const [rows, columns] = adjoint ? [channelsOut, channelsIn] : [channelsIn, channelsOut];
    const pack = adjoint ? call.kernels.packPanelsTransposed : call.kernels.packPanels;
    for (let point = 0; point < POINTS; point++) {
      const from = adjoint ? turned(point) : point;
      pack(points + from * pair * BYTES, weights + point * pair * BYTES, rows, columns, rows * PANEL * BYTES);
    }
  });
  return weights;
}

/** The point whose digits 0 and 3, in base four, have changed places. */
function turned(point: number): number {
  const digit = (d: number) => (d === 0 ? 3 : d === 3 ? 0 : d);
  return 16 * digit(point >> 4) + 4 * digit((point >> 2) & 3) + digit(point & 3);
}
