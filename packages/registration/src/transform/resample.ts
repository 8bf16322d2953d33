import type { Size3 } from '../config';
import { inverted, product, transformPoint, type Affine, type Grid, type Vector } from './grid';
import { nearestAt, valueAt, vectorAt } from './sampling';

/** What of a transform is needed. */
interface Field extends Grid {
  /** [I, J, K, 3], RAS mm. */
  readonly displacement: Float32Array;
}

/** The displacement of each voxel of a row, in voxels of the volume. */
type Row = (at: Readonly<Vector>, step: Readonly<Vector>, count: number, result: Float32Array) => void;

/**
 * The image that shows at each voxel of `grid` what the volume has where the field takes that voxel.
 * @returns [I, J, K] of the grid
 */
export function resample(
  volume: Grid & { readonly data: ArrayLike<number> },
  field: Field,
  grid: Grid,
  interpolation: 'linear' | 'nearest',
): Float32Array {
  const read = interpolation === 'nearest' ? nearestAt : valueAt;
  const toOwn = inverted(volume.affine);
  const toVolume = product(toOwn, grid.affine);
  const toField = product(inverted(field.affine), grid.affine);
  const row = rowOf(voxelVectors(field.displacement, toOwn), field.shape, column(toField, 2));
  const step = column(toVolume, 2);
  const [I, J, K] = grid.shape;
  const data = new Float32Array(I * J * K);
  const moves = new Float32Array(3 * K);
  let at = 0;
  for (let i = 0; i < I; i++) {
    for (let j = 0; j < J; j++) {
      row(transformPoint(toField, [i, j, 0]), column(toField, 2), K, moves);
      const [x, y, z] = transformPoint(toVolume, [i, j, 0]);
      for (let k = 0, m = 0; k < K; k++, m += 3) {
        const toI = x + k * step[0] + moves[m];
        const toJ = y + k * step[1] + moves[m + 1];
        data[at++] = read(volume.data, volume.shape, toI, toJ, z + k * step[2] + moves[m + 2]);
      }
    }
  }
  return data;
}

const column = (affine: Affine, n: number): Vector => [affine[0][n], affine[1][n], affine[2][n]];

/** Steps of a row across the field, in voxels of it, that count as none. */
const STRAIGHT = 1e-6;

/** How a row that goes on by `step` is sampled: along an axis of the field there are two interpolations less to do. */
function rowOf(vectors: Float32Array, shape: Size3, step: Readonly<Vector>): Row {
  if (Math.abs(step[0]) > STRAIGHT || Math.abs(step[1]) > STRAIGHT) {
    const u: Vector = [0, 0, 0];
    return (at, { 0: a, 1: b, 2: c }, count, result) => {
      for (let k = 0; k < count; k++) {
        vectorAt(vectors, shape, [at[0] + k * a, at[1] + k * b, at[2] + k * c], u);
        result.set(u, 3 * k);
      }
    };
  }
  const line = new Float32Array(3 * shape[2]);
  const u: Vector = [0, 0, 0];
  return (at, { 2: along }, count, result) => {
    for (let k = 0; k < shape[2]; k++) line.set(vectorAt(vectors, shape, [at[0], at[1], k], u), 3 * k);
    const last = shape[2] - 1;
    const next = last > 0 ? 3 : 0;
    for (let k = 0, m = 0; k < count; k++, m += 3) {
      const place = Math.min(Math.max(at[2] + k * along, 0), last);
      const low = Math.min(Math.floor(place), Math.max(0, last - 1));
      const fraction = place - low;
      const p = 3 * low;
      result[m] = line[p] + fraction * (line[p + next] - line[p]);
      result[m + 1] = line[p + 1] + fraction * (line[p + next + 1] - line[p + 1]);
      result[m + 2] = line[p + 2] + fraction * (line[p + next + 2] - line[p + 2]);
    }
  };
}

/** Vectors of the world in voxels. */
function voxelVectors(vectors: Float32Array, toVoxels: Affine): Float32Array {
  const linear: Affine = toVoxels.map((values) => [...values.slice(0, 3), 0]);
  const result = new Float32Array(vectors.length);
  for (let at = 0; at < vectors.length; at += 3) {
    result.set(transformPoint(linear, [vectors[at], vectors[at + 1], vectors[at + 2]]), at);
  }
  return result;
}
