import type { Size3 } from './types';

/** Voxel values of a file, in whatever numeric type it was stored. */
export type VoxelData = ArrayLike<number>;

/**
 * What a file's values mean: `any` = every label above 0 is foreground, a list = these labels are,
 * `probability` = values are kept, clipped to [0, 1] (as synthetic pairs are written).
 */
export type LabelRule = 'any' | 'probability' | readonly number[];

/** Foreground of a label volume: 1 where the rule holds, else 0; probabilities stay between. NaN counts as 0. */
export function foreground(data: VoxelData, rule: LabelRule = 'any'): Uint8Array | Float32Array {
  const n = data.length;
  if (rule === 'probability') {
    const out = new Float32Array(n);
    for (let v = 0; v < n; v++) out[v] = data[v] > 0 ? Math.min(1, data[v]) : 0;
    return out;
  }
  const out = new Uint8Array(n);
  if (rule === 'any') {
    for (let v = 0; v < n; v++) if (data[v] > 0) out[v] = 1;
    return out;
  }
  const wanted = new Set(rule);
  for (let v = 0; v < n; v++) if (data[v] !== 0 && wanted.has(data[v])) out[v] = 1;
  return out;
}

/**
 * Grey dilation by `radius` steps of a 3 x 3 x 3 cube, i.e. a maximum over (2 radius + 1)^3 voxels, separable.
 *
 * @param data row-major i, j, k. Axes of one voxel are left alone, which makes it 3 x 3 in 2D.
 */
export function dilate<T extends Uint8Array | Float32Array>(data: T, shape: Size3, radius = 1): T {
  let current = data;
  for (let step = 0; step < radius; step++) {
    for (let axis = 0; axis < 3; axis++) if (shape[axis] > 1) current = dilateAxis(current, shape, axis);
  }
  return current === data ? (data.slice() as T) : current;
}

function dilateAxis<T extends Uint8Array | Float32Array>(data: T, shape: Size3, axis: number): T {
  const stride = axis === 0 ? shape[1] * shape[2] : axis === 1 ? shape[2] : 1;
  const n = shape[axis];
  const out = data.slice() as T;
  for (let v = 0; v < data.length; v++) {
    if (data[v] === 0) continue;
    const at = Math.floor(v / stride) % n;
    if (at > 0 && out[v - stride] < data[v]) out[v - stride] = data[v];
    if (at < n - 1 && out[v + stride] < data[v]) out[v + stride] = data[v];
  }
  return out;
}
