import type { Size3 } from '../data/types';

/**
 * The distance of each voxel of a mask to the nearest voxel of the background, centre to centre, in mm; 0 on the
 * background, infinite without any. What lies outside the volume is unknown and counts as neither.
 *
 * Felzenszwalb and Huttenlocher, Distance transforms of sampled functions, Theory of Computing 8, 2012: exact, one axis
 * after the other, each line the lower envelope of parabolas.
 *
 * @param mask row-major i, j, k; every value but 0 is object
 * @param spacing mm a voxel along i, j, k
 */
export function distanceToBackground(mask: ArrayLike<number>, size: Size3, spacing: Size3): Float64Array {
  const squared = Float64Array.from(mask, (value) => (value ? Infinity : 0));
  const [I, J, K] = size;
  const strides = [J * K, K, 1];
  for (let axis = 0; axis < 3; axis++) {
    const [n, stride] = [size[axis], strides[axis]];
    if (n === 1) continue;
    const line = new Float64Array(n);
    for (let start = 0; start < I * J * K; start++) {
      if (Math.floor(start / stride) % n !== 0) continue;
      for (let at = 0; at < n; at++) line[at] = squared[start + at * stride];
      lowerEnvelope(line, spacing[axis]).forEach((value, at) => (squared[start + at * stride] = value));
    }
  }
  return squared.map(Math.sqrt);
}

/** min over q of h² (p - q)² + f(q), for each p. */
function lowerEnvelope(f: Float64Array, h: number): Float64Array {
  const n = f.length;
  const out = new Float64Array(n).fill(Infinity);
  /** Where the lowest parabolas have their vertices, and from where on each is the lowest. */
  const vertices: number[] = [];
  const from: number[] = [];
  for (let q = 0; q < n; q++) {
    if (f[q] === Infinity) continue;
    let start = -Infinity;
    while (vertices.length > 0) {
      const p = vertices[vertices.length - 1];
      start = (f[q] / h ** 2 + q * q - (f[p] / h ** 2 + p * p)) / (2 * (q - p));
      if (start > from[from.length - 1]) break;
      vertices.pop();
      from.pop();
      start = -Infinity;
    }
    vertices.push(q);
    from.push(start);
  }
  for (let p = 0, m = 0; p < n && vertices.length > 0; p++) {
    while (m + 1 < vertices.length && from[m + 1] < p) m++;
    out[p] = (h * (p - vertices[m])) ** 2 + f[vertices[m]];
  }
  return out;
}
