import type { Address } from './exports';
import type { Call } from './heap';

export type Size = readonly [number, number, number];

export const BYTES = 4;
/** Output channels of a panel of packed weights. */
export const PANEL = 8;

export const roundUp = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple;

/** A volume of one sample in the heap, channels last. */
export interface Volume {
  readonly at: Address;
  readonly size: Size;
  readonly channels: number;
}

/** Byte distances from a voxel to its neighbours along each axis. */
export function steps({ size, channels }: Pick<Volume, 'size' | 'channels'>): Size {
  const voxel = channels * BYTES;
  return [size[1] * size[2] * voxel, size[2] * voxel, voxel];
}

/** Byte offset of a voxel. */
export function offset(volume: Volume, voxel: Size): Address {
  const step = steps(volume);
  return volume.at + voxel[0] * step[0] + voxel[1] * step[1] + voxel[2] * step[2];
}

/** Copies a volume to scratch memory with zeros around it: `low` voxels before, and as many after as `size` asks for. */
export function padded(call: Call, volume: Volume, low: Size, size: Size, slackFloats = 0): Volume {
  const { channels } = volume;
  const same = low.every((n) => n === 0) && size.every((n, axis) => n === volume.size[axis]);
  if (same && slackFloats === 0) return volume;
  const at = call.scratch(size[0] * size[1] * size[2] * channels + slackFloats);
  call.kernels.padVolume(
    call.struct({
      from: volume.at,
      to: at,
      depth: volume.size[0],
      height: volume.size[1],
      width: volume.size[2] * channels,
      toDepth: size[0],
      toHeight: size[1],
      toWidth: size[2] * channels,
      atDepth: low[0],
      atHeight: low[1],
      atWidth: low[2] * channels,
    }),
  );
  return { at, size, channels };
}

/** Outputs of a sum over runs: where they lie and how far the inputs of neighbouring ones are apart, in bytes. */
export interface RunsOptions {
  readonly x: Address;
  readonly weights: Address;
  readonly y: Address;
  readonly count: Size;
  readonly xStep: Size;
  readonly yStep: Size;
  readonly channels: number;
  readonly panelBytes: number;
  /** Planes and rows of runs of each output, and their distances. */
  readonly runs: readonly [planes: number, rows: number];
  readonly runStep: readonly [plane: number, row: number];
  readonly runBytes: number;
  readonly accumulate?: boolean;
  /** Weights are panels of one channel (see `isThin`). */
  readonly thin?: boolean;
}

/**
 * So few channels leave most of a panel of eight empty; the vectors then lie along the runs, if these are long enough.
 * `total` is the length of all runs of one output; a short one does not repay the sum across a vector at its end.
 */
export function isThin(channels: number, runFloats: number, total: number): boolean {
  return channels < 4 && runFloats >= 8 && total >= 64;
}

/** Calls the kernel behind every convolution and matrix product (see assembly/runs.ts). */
export function sumRuns(call: Call, o: RunsOptions): void {
  const run = o.thin ? call.kernels.sumThinRuns : call.kernels.sumRuns;
  run(
    call.struct({
      x: o.x,
      weights: o.weights,
      y: o.y,
      depth: o.count[0],
      height: o.count[1],
      width: o.count[2],
      xDepth: o.xStep[0],
      xHeight: o.xStep[1],
      xWidth: o.xStep[2],
      yDepth: o.yStep[0],
      yHeight: o.yStep[1],
      yWidth: o.yStep[2],
      channels: o.channels,
      panel: o.panelBytes,
      planes: o.runs[0],
      rows: o.runs[1],
      xPlane: o.runStep[0],
      xRow: o.runStep[1],
      run: o.runBytes,
      accumulate: o.accumulate ? 1 : 0,
    }),
  );
}
