import type { Size3 } from '../config';
import type { Vector } from './grid';

/** Linear interpolation of vectors [I, J, K, 3] at a place in voxels, beyond the border as at the border. */
export function vectorAt(data: Float32Array, shape: Size3, at: Readonly<Vector>, result: Vector): Vector {
  const low = [0, 0, 0];
  const step = [0, 0, 0];
  const fraction = [0, 0, 0];
  const strides = [shape[1] * shape[2] * 3, shape[2] * 3, 3];
  let first = 0;
  for (let axis = 0; axis < 3; axis++) {
    const place = Math.min(Math.max(at[axis], 0), shape[axis] - 1);
    low[axis] = Math.min(Math.floor(place), Math.max(0, shape[axis] - 2));
    fraction[axis] = place - low[axis];
    step[axis] = shape[axis] > 1 ? strides[axis] : 0;
    first += low[axis] * strides[axis];
  }
  const [ti, tj, tk] = fraction;
  const [si, sj, sk] = step;
  for (let c = 0; c < 3; c++) {
    const p = first + c;
    const a = data[p] + tk * (data[p + sk] - data[p]);
    const b = data[p + sj] + tk * (data[p + sj + sk] - data[p + sj]);
    const q = p + si;
    const d = data[q] + tk * (data[q + sk] - data[q]);
    const e = data[q + sj] + tk * (data[q + sj + sk] - data[q + sj]);
    const near = a + tj * (b - a);
    result[c] = near + ti * (d + tj * (e - d) - near);
  }
  return result;
}

/** Linear interpolation of a volume at a place in voxels, 0 outside. */
export function valueAt(data: ArrayLike<number>, shape: Size3, i: number, j: number, k: number): number {
  const [I, J, K] = shape;
  if (!(i > -1 && j > -1 && k > -1 && i < I && j < J && k < K)) return 0;
  const [i0, j0, k0] = [Math.floor(i), Math.floor(j), Math.floor(k)];
  const [ti, tj, tk] = [i - i0, j - j0, k - k0];
  let sum = 0;
  for (let corner = 0; corner < 8; corner++) {
    const [a, b, c] = [i0 + (corner >> 2), j0 + ((corner >> 1) & 1), k0 + (corner & 1)];
    if (a < 0 || b < 0 || c < 0 || a >= I || b >= J || c >= K) continue;
    const weight = (corner >> 2 ? ti : 1 - ti) * ((corner >> 1) & 1 ? tj : 1 - tj) * (corner & 1 ? tk : 1 - tk);
    if (weight !== 0) sum += weight * data[(a * J + b) * K + c];
  }
  return sum;
}

/** The nearest voxel's value, 0 outside. */
export function nearestAt(data: ArrayLike<number>, shape: Size3, i: number, j: number, k: number): number {
  const [I, J, K] = shape;
  const [a, b, c] = [Math.round(i), Math.round(j), Math.round(k)];
  return a >= 0 && b >= 0 && c >= 0 && a < I && b < J && c < K ? data[(a * J + b) * K + c] : 0;
}
