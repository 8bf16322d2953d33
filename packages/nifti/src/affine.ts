import { NiftiError } from './errors';

/** Where a voxel lies in space, as the header says it in its three ways. */
export interface Orientation {
  readonly sformCode: number;
  /** The three rows of the sform. */
  readonly srows: readonly (readonly number[])[];
  readonly qformCode: number;
  /** b, c, d of the unit quaternion (a, b, c, d), a >= 0. */
  readonly quaternion: readonly [number, number, number];
  readonly offset: readonly [number, number, number];
  /** pixdim[0..3]: the handedness and the three voxel sizes. */
  readonly pixdim: readonly number[];
  /** Number of voxels along i, j, k. */
  readonly size: readonly number[];
  /** Millimetres of one spatial unit of the header. */
  readonly unit: number;
}

/**
 * Voxel -> RAS millimetres: the sform when its code says so, else the qform, else the voxel sizes alone
 * (NIfTI-1 standard, "3D image (volume) orientation", methods 3, 2 and 1).
 * @throws NiftiError when the affine is not finite or not invertible
 */
export function affineOf(orientation: Orientation, file: string): number[][] {
  const { sformCode, srows, qformCode, offset, unit } = orientation;
  const useSform = sformCode > 0;
  const field = useSform ? 'sform' : qformCode > 0 ? 'qform' : 'pixdim';
  const rows = useSform
    ? srows.map((row) => [...row])
    : qformCode > 0
      ? rotation(orientation.quaternion).map((row, r) => [
          ...row.map((value, c) => value * voxelSize(orientation, c) * (c === 2 && orientation.pixdim[0] < 0 ? -1 : 1)),
          offset[r],
        ])
      : [0, 1, 2].map((r) => [0, 1, 2, 3].map((c) => (c === r ? voxelSize(orientation, c) : 0)));
  const affine = [...rows.map((row) => row.map((value) => value * unit)), [0, 0, 0, 1]];
  checkAffine(affine, field, file);
  return affine;
}

/** Size of a voxel along an axis. A single slice may leave its thickness open; the sign carries no meaning. */
function voxelSize({ pixdim, size }: Orientation, axis: number): number {
  const value = Math.abs(pixdim[axis + 1]);
  return size[axis] === 1 && !(value > 0 && value < Infinity) ? 1 : value;
}

/**
 * Rotation matrix of a unit quaternion given by b, c, d. Rounding (or a careless writer) can make their norm exceed 1,
 * which would make a = sqrt(1 - b² - c² - d²) not a number: such a quaternion is scaled to norm 1, a half turn.
 */
function rotation(quaternion: readonly [number, number, number]): number[][] {
  const norm = Math.max(1, Math.hypot(...quaternion));
  const [b, c, d] = quaternion.map((value) => value / norm);
  const a = Math.sqrt(Math.max(0, 1 - (b * b + c * c + d * d)));
  return [
    [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
    [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
    [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
  ];
}

/** @throws NiftiError when an affine is not 4 x 4, finite, invertible and ending in 0 0 0 1 */
export function checkAffine(affine: readonly (readonly number[])[], field: string, file: string): void {
  const fail = (expected: string, got: string): never => {
    throw new NiftiError({
      file,
      field,
      expected,
      got,
      advice: 'correct the orientation of the image with the program it came from',
    });
  };
  if (affine.length !== 4 || affine.some((row) => row.length !== 4) || `${affine[3]}` !== '0,0,0,1') {
    fail('4 rows of 4 numbers, the last one 0 0 0 1', JSON.stringify(affine));
  }
  const text = affine
    .slice(0, 3)
    .map((row) => row.join(' '))
    .join(' | ');
  if (!affine.every((row) => row.every(Number.isFinite))) fail('finite numbers', text);
  const lengths = columnLengths(affine);
  const unit = affine.slice(0, 3).map((row) => lengths.map((length, c) => row[c] / length));
  const [[a, b, c], [d, e, f], [g, h, i]] = unit;
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  if (!(Math.abs(determinant) > 1e-6) || !lengths.every(Number.isFinite)) fail('an invertible matrix', text);
}

/** Millimetres between neighbouring voxels along i, j, k. */
export function columnLengths(affine: readonly (readonly number[])[]): [number, number, number] {
  return [0, 1, 2].map((c) => Math.hypot(affine[0][c], affine[1][c], affine[2][c])) as [number, number, number];
}

/**
 * The spacing of an affine. Where the header's own voxel size agrees to one part in 10,000 it is preferred, because a
 * rotated affine carries rounding errors.
 */
export function spacingOf(
  affine: readonly (readonly number[])[],
  voxelSizes: readonly number[],
): [number, number, number] {
  return columnLengths(affine).map((length, axis) => {
    const stated = Math.abs(voxelSizes[axis]);
    return Math.abs(stated - length) <= 1e-4 * length ? stated : length;
  }) as [number, number, number];
}
