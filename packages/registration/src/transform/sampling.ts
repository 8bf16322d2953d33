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

// These run once a voxel: destructuring would take longer than the rest.

/** Linear interpolation of a volume at a place in voxels, 0 outside. */
export function valueAt(data: ArrayLike<number>, shape: Size3, i: number, j: number, k: number): number {
  const I = shape[0];
  const J = shape[1];
  const K = shape[2];
  if (!(i > -1 && j > -1 && k > -1 && i < I && j < J && k < K)) return 0;
  const i0 = Math.floor(i);
  const j0 = Math.floor(j);
  const k0 = Math.floor(k);
  const ti = i - i0;
  const tj = j - j0;
  const tk = k - k0;
  if (i0 >= 0 && j0 >= 0 && k0 >= 0 && i0 + 1 < I && j0 + 1 < J && k0 + 1 < K) {
    const a = (i0 * J + j0) * K + k0;
    const b = a + J * K;
    const near = between(between(data[a], data[a + 1], tk), between(data[a + K], data[a + K + 1], tk), tj);
    const far = between(between(data[b], data[b + 1], tk), between(data[b + K], data[b + K + 1], tk), tj);
    return between(near, far, ti);
  }
  let sum = 0;
  for (let corner = 0; corner < 8; corner++) {
    const [a, b, c] = [i0 + (corner >> 2), j0 + ((corner >> 1) & 1), k0 + (corner & 1)];
    if (a < 0 || b < 0 || c < 0 || a >= I || b >= J || c >= K) continue;
    const weight = (corner >> 2 ? ti : 1 - ti) * ((corner >> 1) & 1 ? tj : 1 - tj) * (corner & 1 ? tk : 1 - tk);
    sum += weight * data[(a * J + b) * K + c];
  }
  return sum;
}

const between = (low: number, high: number, fraction: number): number => low + fraction * (high - low);

/** The nearest voxel's value, 0 outside. */
export function nearestAt(data: ArrayLike<number>, shape: Size3, i: number, j: number, k: number): number {
  if (!(i >= -0.5 && j >= -0.5 && k >= -0.5)) return 0;
  const a = Math.floor(i + 0.5);
  const b = Math.floor(j + 0.5);
  const c = Math.floor(k + 0.5);
  return a < shape[0] && b < shape[1] && c < shape[2] ? data[(a * shape[1] + b) * shape[2] + c] : 0;
}
