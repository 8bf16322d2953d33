import type { Size3 } from '../config';
import { RegistrationError } from '../errors';

/** A scan: a mask or intensities, as `readNifti` of `@paired3d/nifti` gives it. */
export interface ImageVolume {
  /** Row-major: voxel (i, j, k) of a shape [I, J, K] is `data[(i * J + j) * K + k]`. */
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
  /** 4 x 4, voxel -> RAS millimetres; without it voxels are 1 mm along i, j, k. */
  readonly affine?: readonly (readonly number[])[];
}

/** Voxels that cover the frame. */
export interface Raster {
  readonly data: Float32Array;
  readonly size: Size3;
}

/**
 * Checks that two scans share a frame and have something to be aligned by.
 * @throws RegistrationError that says which does not
 */
export function checkPair(fixed: ImageVolume, moving: ImageVolume): Size3 {
  for (const [name, { shape, data }] of Object.entries({ fixed, moving })) {
    const voxels = shape.reduce((a, b) => a * b, 1);
    const valid = shape.length === 3 && shape.every((n) => Number.isInteger(n) && n > 0) && voxels === data.length;
    if (!valid) {
      const got = `shape [${shape.join(', ')}] and ${data.length} values`;
      throw new RegistrationError(`optimisePair ${name}`, 'a volume [I, J, K]', got, 'pass one volume');
    }
  }
  if (fixed.shape.some((n, axis) => n !== moving.shape[axis])) {
    throw new RegistrationError(
      'optimisePair',
      'two scans of one frame',
      `${fixed.shape.join(' x ')} and ${moving.shape.join(' x ')} voxels`,
      'resample or crop one of them',
    );
  }
  return fixed.shape as unknown as Size3;
}

/**
 * Values scaled to [0, 1], so that what lies outside of the frame, 0, is as its darkest voxel.
 * @throws RegistrationError when a value is not finite, or all are the same
 */
export function scaled({ data, shape }: ImageVolume, name: 'fixed' | 'moving'): Raster {
  let [least, most] = [Infinity, -Infinity];
  for (let v = 0; v < data.length; v++) {
    const value = data[v];
    if (!Number.isFinite(value)) {
      const place = `${value} at voxel ${v}`;
      throw new RegistrationError(`optimisePair ${name}`, 'finite values', place, 'replace them');
    }
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const range = most - least;
  if (!(range > 0) || !Number.isFinite(range)) {
    const got = range === 0 ? `${least} everywhere` : `values from ${least} to ${most}`;
    throw new RegistrationError(`optimisePair ${name}`, 'a scan with something in it', got, 'check the scan');
  }
  const values = new Float32Array(data.length);
  for (let v = 0; v < values.length; v++) values[v] = (data[v] - least) / range;
  return { data: values, size: shape as unknown as Size3 };
}

/**
 * Voxels along each axis when the frame's longest side has `longest` of them: as near to cubes as whole numbers allow, and
 * no more than the scan has.
 * @param extent of the frame along i, j, k
 */
export function sizeFor(longest: number, extent: Size3, most?: Size3): Size3 {
  const side = Math.max(...extent) / longest;
  return extent.map((length, axis) =>
    Math.min(Math.max(1, Math.round(length / side)), most ? most[axis] : Infinity),
  ) as unknown as Size3;
}

/** Means over the cells of a coarser grid, voxels on a border between two counted by their parts. */
export function shrink({ data, size }: Raster, to: Size3): Raster {
  let values = data;
  const shape = [...size];
  // The last axis first: it runs along memory, and what is left for the others is smaller.
  for (const axis of [2, 1, 0]) {
    if (shape[axis] === to[axis]) continue;
    const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    values = shrinkAxis(values, shape[axis], to[axis], inner);
    shape[axis] = to[axis];
  }
  return { data: values, size: to };
}

/** [outer, n, inner] -> [outer, m, inner]. */
function shrinkAxis(data: Float32Array, n: number, m: number, inner: number): Float32Array {
  const outer = data.length / (n * inner);
  const result = new Float32Array(outer * m * inner);
  const cell = n / m;
  for (let o = 0; o < outer; o++) {
    for (let row = 0; row < m; row++) {
      const [from, to] = [row * cell, (row + 1) * cell];
      const at = (o * m + row) * inner;
      for (let source = Math.floor(from); source < to - 1e-9; source++) {
        const weight = (Math.min(source + 1, to) - Math.max(source, from)) / cell;
        const start = (o * n + source) * inner;
        for (let i = 0; i < inner; i++) result[at + i] += weight * data[start + i];
      }
    }
  }
  return result;
}
