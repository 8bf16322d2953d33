import { triple } from './config';
import type { FolderConfig } from './config';
import { DataError } from './errors';
import { frameOffsets, placeAndPool } from './frame';
import { normalise } from './landmarks';
import type { LandmarkTable } from './landmarks';
import { dilate, foreground } from './mask';
import type { LabelRule, VoxelData } from './mask';
import { resample, resampledShape, spacingMatches } from './resample';
import type { Landmarks, Size3 } from './types';

/** The part of a NIfTI volume that preparation looks at. The affine is not: voxel order is the file's. */
export interface ScanVolume {
  /** Row-major i, j, k. */
  data: VoxelData;
  /** Voxels along i, j, k; further axes of length 1 are allowed. */
  shape: readonly number[];
  /** mm a voxel along i, j, k. */
  spacing: readonly number[];
}

/** How the voxels of a file map to the working grid. */
export interface Geometry {
  /** Voxels along i, j, k of the part of the file that is kept, and its first one. */
  kept: Size3;
  first: Size3;
  /** mm a voxel before and after resampling; equal when there is none. */
  spacing: Size3;
  wanted: Size3;
  /** The file's first kept voxel within the frame, after resampling. */
  offsets: Size3;
  /** Voxels of the frame, and of the working grid after pooling. */
  frame: Size3;
  pool: Size3;
  size: Size3;
  /** mm that frame and working grid cover. */
  extent: Size3;
}

/**
 * Where a file's voxels go: slices of the case, resampling, frame and pooling.
 *
 * @param file name for messages; `id`: the case, for `config.cases`
 * @throws DataError of kind `shape` when the file has not three axes, fewer slices than the case keeps, or (without a
 * frame) a size that the pooling does not divide.
 */
export function geometryOf(volume: ScanVolume, config: FolderConfig, id: string, file: string): Geometry {
  const shape = threeAxes(volume, file);
  const slices = config.cases[id]?.slices;
  if (slices && slices[1] > shape[2]) {
    throw new DataError({
      kind: 'shape',
      file,
      expected: `at least ${slices[1]} slices along k, as config.cases["${id}"].slices says`,
      got: `${shape[2]}`,
      advice: 'correct the config or use the original file',
    });
  }
  const first: Size3 = [0, 0, slices ? slices[0] : 0];
  const kept: Size3 = [shape[0], shape[1], slices ? slices[1] - slices[0] : shape[2]];
  const wanted = triple(config.spacing);
  const own: Size3 = [volume.spacing[0], volume.spacing[1], volume.spacing[2] ?? wanted[2]];
  const spacing = config.resample && !spacingMatches(own, wanted) ? own : wanted;
  const resampled = spacing === wanted ? kept : resampledShape(kept, spacing, wanted);
  const frame = config.frame ? config.frame.size : resampled;
  const offsets: Size3 = config.frame ? frameOffsets(resampled, config.frame) : [0, 0, 0];
  const pool = triple(config.pool);
  if (frame.some((n, a) => n % pool[a] !== 0)) {
    throw new DataError({
      kind: 'shape',
      file,
      expected: `a shape divisible by the pooling ${pool.join(' x ')}`,
      got: frame.join(' x '),
      advice: 'set `frame`, or another `pool`',
    });
  }
  const size: Size3 = [frame[0] / pool[0], frame[1] / pool[1], frame[2] / pool[2]];
  const extent: Size3 = [frame[0] * wanted[0], frame[1] * wanted[1], frame[2] * wanted[2]];
  return { kept, first, spacing, wanted, offsets, frame, pool, size, extent };
}

/** The geometry whose working grid has `factor` times the resolution; `factor` divides the pooling. */
export function finer(geometry: Geometry, factor: number): Geometry {
  const { pool, size } = geometry;
  return {
    ...geometry,
    pool: [pool[0] / factor, pool[1] / factor, pool[2] / factor],
    size: [size[0] * factor, size[1] * factor, size[2] * factor],
  };
}

function threeAxes(volume: ScanVolume, file: string): Size3 {
  const [I, J, K = 1, ...rest] = volume.shape;
  if (volume.shape.length < 2 || rest.some((n) => n !== 1)) {
    throw new DataError({
      kind: 'shape',
      file,
      expected: 'a volume with three axes',
      got: volume.shape.join(' x '),
      advice: 'write one volume a file',
    });
  }
  return [I, J, K];
}

/**
 * A scan on the working grid: foreground, dilation, slices, resampling to `config.spacing` (nearest for masks, linear
 * for probabilities), canonical frame, average pooling. Never reoriented.
 *
 * @returns values in [0, 1], `geometry.size`, row-major i, j, k; with `labels: { each: n }` [i, j, k, n]
 * @throws DataError of kind `empty` when nothing of the foreground lies in the frame, of kind `labels` for other labels
 */
export function prepareScan(volume: ScanVolume, geometry: Geometry, config: FolderConfig, file: string): Float32Array {
  const { labels } = config;
  const out =
    typeof labels === 'object' && 'each' in labels
      ? eachLabel(labels.each, volume, geometry, config, file)
      : onGrid(volume, geometry, config, labels, file);
  if (!out.some((value) => value > 0)) {
    throw new DataError({
      kind: 'empty',
      file,
      expected: 'foreground inside the frame',
      got: 'none',
      advice: 'check the file and the settings `labels` and `frame`',
    });
  }
  return out;
}

/** [...size, labels]: how much of each voxel is of the labels 1 to `count`. */
function eachLabel(count: number, volume: ScanVolume, geometry: Geometry, config: FolderConfig, file: string) {
  const other = Array.prototype.find.call(volume.data, (v: number) => !(Number.isInteger(v) && v >= 0 && v <= count));
  if (other !== undefined) {
    const advice = 'check the file and the setting `labels`';
    throw new DataError({ kind: 'labels', file, expected: `labels from 0 to ${count}`, got: `${other}`, advice });
  }
  const out = new Float32Array(count * geometry.size.reduce((a, b) => a * b, 1));
  for (let label = 1; label <= count; label++) {
    const one = onGrid(volume, geometry, config, [label], file);
    for (let voxel = 0; voxel < one.length; voxel++) out[voxel * count + label - 1] = one[voxel];
  }
  return out;
}

function onGrid(
  volume: ScanVolume,
  geometry: Geometry,
  config: FolderConfig,
  labels: LabelRule,
  file: string,
): Float32Array {
  const { first, kept, spacing, wanted, offsets, frame, pool } = geometry;
  const shape = threeAxes(volume, file);
  let data = foreground(volume.data, labels);
  if (config.dilate > 0) data = dilate(data, shape, config.dilate);
  if (kept[2] !== shape[2]) data = keepSlices(data, shape, first[2], kept[2]);
  let placed = kept;
  if (!spacingMatches(spacing, wanted)) {
    const mode = labels === 'probability' ? 'linear' : 'nearest';
    ({ data, shape: placed } = resample(data, kept, spacing, wanted, mode));
  }
  return placeAndPool(data, placed, offsets, frame, pool);
}

function keepSlices<T extends Uint8Array | Float32Array>(data: T, shape: Size3, first: number, count: number): T {
  const rows = shape[0] * shape[1];
  const out = (data instanceof Uint8Array ? new Uint8Array(rows * count) : new Float32Array(rows * count)) as T;
  for (let row = 0; row < rows; row++) {
    const from = row * shape[2] + first;
    out.set(data.subarray(from, from + count), row * count);
  }
  return out;
}

/** Cropped landmarks p are voxel indices of the frame, scored as the paper does: x = 2 p / N - 1. */
export function croppedLandmarks(table: LandmarkTable, geometry: Geometry): Landmarks {
  return normalise(table, (p, a) => (2 * p) / geometry.frame[a] - 1);
}

/** Exact landmarks p are voxel indices of the file, q of the frame: x = (2 q + 1) / N - 1, voxel centres. */
export function exactLandmarks(table: LandmarkTable, geometry: Geometry): Landmarks {
  const { first, spacing, wanted, offsets, frame } = geometry;
  return normalise(table, (p, a) => {
    const centre = ((p - first[a] + 0.5) * spacing[a]) / wanted[a] + offsets[a];
    return (2 * centre) / frame[a] - 1;
  });
}
