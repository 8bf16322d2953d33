import type { Size3 } from './types';
import { volume } from './resample';

/**
 * The canonical frame: a scan is centred in `padTo` voxels, and the box `start`, `size` of that is kept.
 *
 * The paper's frame is `{padTo: [352, 256, 352], start: [48, 32, 48], size: [256, 208, 256]}`
 * (Heinrich et al., WBIR 2024: h1 = floor((352 - H) / 2) - 48 and so on).
 */
export interface Frame {
  padTo: Size3;
  start: Size3;
  size: Size3;
}

/** Index of the scan's first voxel within the frame, floor((padTo - N) / 2) - start; negative = cropped there. */
export function frameOffsets(shape: Size3, frame: Frame): Size3 {
  const offset = (a: number) => Math.floor((frame.padTo[a] - shape[a]) / 2) - frame.start[a];
  return [offset(0), offset(1), offset(2)];
}

/**
 * Places a scan into a box of `size` voxels with its first voxel at `offsets`, zeros around it, and averages cells of
 * `pool` voxels in the same pass (a whole frame in floats would take 55 MB).
 *
 * @param data row-major i, j, k of `shape`
 * @param size voxels of the box, divisible by `pool`
 * @returns Float32Array of size / pool voxels
 */
export function placeAndPool(
  data: ArrayLike<number>,
  shape: Size3,
  offsets: Size3,
  size: Size3,
  pool: Size3,
): Float32Array {
  const small: Size3 = [size[0] / pool[0], size[1] / pool[1], size[2] / pool[2]];
  const out = new Float32Array(volume(small));
  const first = (a: number) => Math.max(0, -offsets[a]);
  const last = (a: number) => Math.min(shape[a], size[a] - offsets[a]);
  const column = new Int32Array(shape[2]);
  for (let k = first(2); k < last(2); k++) column[k] = Math.floor((k + offsets[2]) / pool[2]);
  for (let i = first(0); i < last(0); i++) {
    const rowI = Math.floor((i + offsets[0]) / pool[0]) * small[1];
    for (let j = first(1); j < last(1); j++) {
      const to = (rowI + Math.floor((j + offsets[1]) / pool[1])) * small[2];
      const from = (i * shape[1] + j) * shape[2];
      for (let k = first(2), end = last(2); k < end; k++) {
        const value = data[from + k];
        if (value !== 0) out[to + column[k]] += value;
      }
    }
  }
  const scale = 1 / volume(pool);
  if (scale !== 1) for (let v = 0; v < out.length; v++) out[v] *= scale;
  return out;
}

/** Average over cells of `pool` voxels, e.g. 256 x 208 x 256 by 4 -> 64 x 52 x 64; `size` must be divisible. */
export function averagePool(data: ArrayLike<number>, size: Size3, pool: Size3): Float32Array {
  return placeAndPool(data, size, [0, 0, 0], size, pool);
}
