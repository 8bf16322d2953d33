import { DataError } from './errors';
import { PipelineError } from '../errors';
import type { Landmarks, PreparedPair, Size3 } from './types';

/** Columns of a landmark file: voxel indices along the file's axes. */
export const LANDMARK_COLUMNS = ['fixed_i', 'fixed_j', 'fixed_k', 'moving_i', 'moving_j', 'moving_k'] as const;

/** Points of a landmark file, `[count, 3]` voxel indices, order i, j, k. */
export interface LandmarkTable {
  fixed: Float64Array;
  moving: Float64Array;
  count: number;
}

/**
 * Parses a landmark file: a header with the columns of {@link LANDMARK_COLUMNS} in any order, then one point a line.
 *
 * @throws DataError of kind `landmarks` with the file and the line.
 */
export function parseLandmarks(text: string, file: string): LandmarkTable {
  const fail = (line: number, expected: string, got: string): never => {
    throw new DataError({ kind: 'landmarks', file, line, expected, got, advice: 'correct the file' });
  };
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const header = lines[0].split(',').map((name) => name.trim());
  const columns = LANDMARK_COLUMNS.map((name) => header.indexOf(name));
  if (columns.includes(-1)) fail(1, `the columns ${LANDMARK_COLUMNS.join(',')}`, JSON.stringify(lines[0].slice(0, 80)));
  const rows: number[][] = [];
  for (let n = 1; n < lines.length; n++) {
    if (lines[n].trim() === '') continue;
    const fields = lines[n].split(',').map((field) => field.trim());
    if (fields.length !== header.length) fail(n + 1, `${header.length} fields`, `${fields.length}`);
    const row = columns.map((column) => {
      const value = fields[column] === '' ? NaN : Number(fields[column]);
      if (!Number.isFinite(value)) fail(n + 1, `a number in column ${header[column]}`, JSON.stringify(fields[column]));
      return value;
    });
    rows.push(row);
  }
  if (rows.length === 0) fail(lines.length, 'at least one point', 'none');
  return {
    fixed: Float64Array.from(rows.flatMap((row) => row.slice(0, 3))),
    moving: Float64Array.from(rows.flatMap((row) => row.slice(3))),
    count: rows.length,
  };
}

/** The text of a landmark file, with four decimals. */
export function formatLandmarks(table: LandmarkTable): string {
  const lines = [LANDMARK_COLUMNS.join(',')];
  for (let p = 0; p < table.count; p++) {
    const row = [...table.fixed.subarray(3 * p, 3 * p + 3), ...table.moving.subarray(3 * p, 3 * p + 3)];
    lines.push(row.map((value) => String(Number(value.toFixed(4)))).join(','));
  }
  return lines.join('\n') + '\n';
}

/** Maps voxel indices i, j, k to normalised x, y, z = k, j, i: `toNormalised(index, axis)` for axis 0, 1, 2 = i, j, k. */
export function normalise(table: LandmarkTable, toNormalised: (index: number, axis: number) => number): Landmarks {
  const map = (points: Float64Array) => {
    const out = new Float32Array(points.length);
    for (let p = 0; p < points.length; p += 3) {
      for (let a = 0; a < 3; a++) out[p + 2 - a] = toNormalised(points[p + a], a);
    }
    return out;
  };
  return { fixed: map(table.fixed), moving: map(table.moving), count: table.count };
}

/** Mean distance in mm between corresponding landmarks: the error before registration. */
export function initialError(landmarks: Landmarks, extent: Size3): number {
  return errorAfterShift(landmarks, extent, [0, 0, 0]);
}

/** Mean in mm of |fixed + shift - moving|; `shift` in mm, ordered x, y, z. */
function errorAfterShift(landmarks: Landmarks, extent: Size3, shift: Size3): number {
  let sum = 0;
  for (let p = 0; p < 3 * landmarks.count; p += 3) {
    let squares = 0;
    for (let c = 0; c < 3; c++) {
      const half = extent[2 - c] / 2;
      squares += ((landmarks.fixed[p + c] - landmarks.moving[p + c]) * half + shift[c]) ** 2;
    }
    sum += Math.sqrt(squares);
  }
  return sum / landmarks.count;
}

/** Mean displacement fixed -> moving in mm, x, y, z, over all landmarks of the pairs. */
function meanDisplacement(pairs: readonly PreparedPair[]): Size3 {
  const sum = [0, 0, 0];
  let count = 0;
  for (const pair of pairs) {
    const landmarks = pair.landmarks?.exact ?? pair.landmarks?.cropped;
    if (!landmarks) continue;
    count += landmarks.count;
    for (let p = 0; p < 3 * landmarks.count; p++) {
      sum[p % 3] += ((landmarks.moving[p] - landmarks.fixed[p]) * pair.extent[2 - (p % 3)]) / 2;
    }
  }
  if (count === 0) throw noLandmarks('training', 'a mean training displacement');
  return [sum[0] / count, sum[1] / count, sum[2] / count];
}

/**
 * Mean landmark error in mm when every test landmark is displaced by the constant mean training displacement: what a
 * network that ignored its input could reach. Landmark-weighted; exact landmarks where there are some, else cropped.
 *
 * @throws PipelineError when no training or no test pair has landmarks.
 */
export function meanDisplacementError(train: readonly PreparedPair[], test: readonly PreparedPair[]): number {
  const shift = meanDisplacement(train);
  let sum = 0;
  let count = 0;
  for (const pair of test) {
    const landmarks = pair.landmarks?.exact ?? pair.landmarks?.cropped;
    if (!landmarks) continue;
    sum += errorAfterShift(landmarks, pair.extent, shift) * landmarks.count;
    count += landmarks.count;
  }
  if (count === 0) throw noLandmarks('test', 'a landmark error');
  return sum / count;
}

function noLandmarks(which: string, what: string): PipelineError {
  return new PipelineError({
    where: 'meanDisplacementError',
    expected: `${which} pairs with landmarks`,
    got: 'none',
    advice: `give landmarks, or do without ${what}`,
  });
}
