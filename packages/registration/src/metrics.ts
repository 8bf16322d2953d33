import type * as tf from '@tensorflow/tfjs-core';
import type { Size3 } from './config';
import { RegistrationError } from './errors';

/** A displacement field on the host: [D, H, W, 3] row-major, normalised, last axis x, y, z = W, H, D axis. */
export interface HostDisplacement {
  readonly data: Float32Array;
  readonly size: Size3;
}

/**
 * Reads a displacement from the backend.
 * @param displacement [1, D, H, W, 3]
 * @throws RegistrationError for another shape
 */
export async function readDisplacement(displacement: tf.Tensor5D): Promise<HostDisplacement> {
  const [batch, d, h, w, components] = displacement.shape;
  if (batch !== 1 || components !== 3) {
    throw new RegistrationError(
      'readDisplacement',
      'shape [1, D, H, W, 3]',
      `[${displacement.shape}]`,
      'pass one field',
    );
  }
  return { data: (await displacement.data()) as Float32Array, size: [d, h, w] };
}

/**
 * Target registration error of each landmark, in millimetres: |k_m + d(k_m) - k_f| with the forward displacement, which
 * lives on the moving grid, sampled linearly (border padding).
 * @param displacement forward field
 * @param fixedLandmarks [n, 3], normalised, x, y, z = W, H, D axis
 * @param movingLandmarks [n, 3], likewise
 * @param halfExtentMm half of what the grid covers along D, H, W
 * @returns [n]
 */
export function targetRegistrationError(
  displacement: HostDisplacement,
  fixedLandmarks: Float32Array,
  movingLandmarks: Float32Array,
  halfExtentMm: Size3,
): Float32Array {
  if (fixedLandmarks.length !== movingLandmarks.length || fixedLandmarks.length % 3 !== 0) {
    const got = `${fixedLandmarks.length} and ${movingLandmarks.length} values`;
    throw new RegistrationError(
      'targetRegistrationError',
      'as many fixed as moving landmarks, 3 values each',
      got,
      'check the landmarks',
    );
  }
  const errors = new Float32Array(fixedLandmarks.length / 3);
  const at: Point = [0, 0, 0];
  for (let n = 0; n < errors.length; n++) {
    for (let c = 0; c < 3; c++) at[c] = movingLandmarks[3 * n + c];
    const d = sampleField(displacement, at);
    errors[n] = lengthMm([0, 1, 2].map((c) => at[c] + d[c] - fixedLandmarks[3 * n + c]) as Point, halfExtentMm);
  }
  return errors;
}

/**
 * Dice coefficient 2 |A ∩ B| / (|A| + |B|) of two images' voxels above a threshold; 1 when both are empty.
 * @param threshold 0.5 by default
 * @param labels 1 by default; of images [voxels, labels] it is the mean over the labels that one of them has
 */
export function dice(a: ArrayLike<number>, b: ArrayLike<number>, threshold = 0.5, labels = 1): number {
  if (a.length !== b.length) {
    throw new RegistrationError(
      'dice',
      'images of one size',
      `${a.length} and ${b.length} voxels`,
      'resample one of them',
    );
  }
  const both = new Float64Array(labels);
  const sizes = new Float64Array(labels);
  for (let i = 0; i < a.length; i++) {
    const inA = a[i] > threshold;
    const inB = b[i] > threshold;
    if (inA && inB) both[i % labels]++;
    sizes[i % labels] += Number(inA) + Number(inB);
  }
  let [sum, present] = [0, 0];
  for (let label = 0; label < labels; label++) {
    if (sizes[label] === 0) continue;
    sum += (2 * both[label]) / sizes[label];
    present++;
  }
  return present === 0 ? 1 : sum / present;
}

/**
 * Jacobian determinant of id + d in voxel coordinates, at every voxel: central differences, one-sided at the border.
 * An axis of one voxel counts as undeformed.
 * @returns [D, H, W] row-major
 */
export function jacobianDeterminant({ data, size }: HostDisplacement): Float32Array {
  const determinants = new Float32Array(size[0] * size[1] * size[2]);
  const strides = [size[1] * size[2], size[2], 1];
  const j = new Float64Array(9);
  for (let voxel = 0; voxel < determinants.length; voxel++) {
    for (let along = 0; along < 3; along++) {
      const index = Math.floor(voxel / strides[along]) % size[along];
      const before = index > 0 ? 1 : 0;
      const after = index < size[along] - 1 ? 1 : 0;
      for (let of = 0; of < 3; of++) {
        // Component c of the field belongs to axis 2 - c; half the size turns normalised units into voxels.
        const value = (steps: number) => data[3 * (voxel + steps * strides[along]) + 2 - of] * (size[of] / 2);
        const slope = before + after === 0 ? 0 : (value(after) - value(-before)) / (before + after);
        j[3 * of + along] = slope + (of === along ? 1 : 0);
      }
    }
    determinants[voxel] =
      j[0] * (j[4] * j[8] - j[5] * j[7]) - j[1] * (j[3] * j[8] - j[5] * j[6]) + j[2] * (j[3] * j[7] - j[4] * j[6]);
  }
  return determinants;
}

/** Percentage of voxels that fold: Jacobian determinant of zero or less. */
export function foldedPercentage(displacement: HostDisplacement): number {
  const determinants = jacobianDeterminant(displacement);
  let folded = 0;
  for (const determinant of determinants) if (determinant <= 0) folded++;
  return (100 * folded) / determinants.length;
}

/**
 * How far forward and backward are from being inverses, in millimetres: the mean over all voxels p and both orders of
 * |a(p) + b(p + a(p))|, the inner field sampled linearly (border padding).
 * @param halfExtentMm half of what the grid covers along D, H, W
 */
export function inverseConsistencyError(
  forward: HostDisplacement,
  backward: HostDisplacement,
  halfExtentMm: Size3,
): number {
  return (roundTrip(forward, backward, halfExtentMm) + roundTrip(backward, forward, halfExtentMm)) / 2;
}

function roundTrip(first: HostDisplacement, second: HostDisplacement, halfExtentMm: Size3): number {
  const [depth, height, width] = first.size;
  let sum = 0;
  let voxel = 0;
  for (let i = 0; i < depth; i++) {
    for (let j = 0; j < height; j++) {
      for (let k = 0; k < width; k++, voxel++) {
        const [x, y, z] = first.data.subarray(3 * voxel, 3 * voxel + 3);
        const back = sampleField(second, [
          (2 * k + 1) / width - 1 + x,
          (2 * j + 1) / height - 1 + y,
          (2 * i + 1) / depth - 1 + z,
        ]);
        sum += lengthMm([x + back[0], y + back[1], z + back[2]], halfExtentMm);
      }
    }
  }
  return sum / voxel;
}

/** x, y, z = W, H, D axis, normalised. */
type Point = [number, number, number];

/** Length of a normalised vector x, y, z in millimetres. */
function lengthMm([x, y, z]: Point, [d, h, w]: Size3): number {
  return Math.hypot(x * w, y * h, z * d);
}

/** The field at a point: linear, the border's value outside. */
function sampleField({ data, size }: HostDisplacement, point: Point): Point {
  const low = [0, 0, 0];
  const high = [0, 0, 0];
  const fraction = [0, 0, 0];
  for (let axis = 0; axis < 3; axis++) {
    const index = Math.min(Math.max(((point[2 - axis] + 1) * size[axis] - 1) / 2, 0), size[axis] - 1);
    low[axis] = Math.floor(index);
    high[axis] = Math.min(low[axis] + 1, size[axis] - 1);
    fraction[axis] = index - low[axis];
  }
  const result: Point = [0, 0, 0];
  for (let corner = 0; corner < 8; corner++) {
    let weight = 1;
    let offset = 0;
    for (let axis = 0; axis < 3; axis++) {
      const upper = (corner >> axis) & 1;
      weight *= upper ? fraction[axis] : 1 - fraction[axis];
      offset = offset * size[axis] + (upper ? high[axis] : low[axis]);
    }
    if (weight === 0) continue;
    for (let c = 0; c < 3; c++) result[c] += weight * data[3 * offset + c];
  }
  return result;
}
