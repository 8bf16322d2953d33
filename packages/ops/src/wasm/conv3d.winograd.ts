import type { TensorInfo } from '@tensorflow/tfjs-core';
import { kernelOf, map, paddedInput, product, sample, sizeOf, type Geometry } from './conv3d.geometry';
import type { Address } from './exports';
import type { Call } from './heap';
import { BYTES, PANEL, padded, roundUp, type Size } from './runs';

/** Points of a tile of 2^3 outputs in the transformed domain. */
const POINTS = 64;
/** And of one of 4^3, which the filter's gradient has. */
const GRADIENT_POINTS = 216;
/** What the tiles of one block of the convolution may take up, so that they stay in the second cache level. */
const BLOCK_BYTES = 1 << 18;
/** Most tiles of a block. */
const MAX_BLOCK = 32;
/** Tiles of a block of the gradient: the length of its sums, after each of which all of it passes through the processor. */
const GRADIENT_BLOCK = 32;
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
  const scratch = scratchFor(call, POINTS, { channelsIn, channelsOut, block });
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

/** Gradient of the filter: x [B, D, H, W, C], dy [B, D', H', W', C'] to dw [3, 3, 3, C, C']. */
export function winogradFilterGradient(call: Call, x: TensorInfo, dy: TensorInfo, dw: TensorInfo, padding: Size): void {
  const [channelsIn, channelsOut] = dw.shape.slice(3);
  const pair = channelsIn * channelsOut;
  const [depth, height, width] = map((axis) => Math.ceil(sizeOf(dy.shape)[axis] / 4));
  const whole: Size = [4 * depth, 4 * height, 4 * width];
  const weights = call.scratch(GRADIENT_POINTS * pair);
  call.zero(weights, GRADIENT_POINTS * pair);
  const block = Math.min(GRADIENT_BLOCK, depth * height * width);
  const scratch = {
    ...scratchFor(call, GRADIENT_POINTS, { channelsIn, channelsOut, block }),
    oneAxis: call.scratch(GRADIENT_POINTS * 4),
    twoAxes: call.scratch(GRADIENT_POINTS * 4),
  };
  for (let b = 0; b < x.shape[0]; b++) {
    call.scope(() => {
      const input = paddedInput(call, sample(call, x, b), { strides: [1, 1, 1], padding }, whole, [3, 3, 3], 0);
      call.kernels.winogradFilterGradient(
        call.struct({
          x: input.at,
          dy: padded(call, sample(call, dy, b), [0, 0, 0], whole).at,
          weights,
          ...scratch,
          depth,
          height,
          width,
          channelsIn,
          channelsOut,
        }),
      );
    });
  }
  const onTwoAxes = call.scratch(108 * pair);
  const onOneAxis = call.scratch(54 * pair);
  call.kernels.transformFilterGradientAxis(weights, onTwoAxes, 1, 36 * pair);
  call.kernels.transformFilterGradientAxis(onTwoAxes, onOneAxis, 3, 6 * pair);
  call.kernels.transformFilterGradientAxis(onOneAxis, call.at(dw), 9, pair);
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
  points: number,
  { channelsIn, channelsOut, block }: { channelsIn: number; channelsOut: number; block: number },
) {
  const [pointFloats, sumFloats] = [channelsIn, channelsOut].map((channels) => block * channels + LINE);
  return {
    points: call.scratch(points * pointFloats),
    sums: call.scratch(points * sumFloats),
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
