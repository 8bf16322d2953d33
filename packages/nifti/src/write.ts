import { checkAffine, columnLengths } from './affine';
import { datatypeOfArray } from './datatypes';
import { NiftiError } from './errors';
import { gzip } from './gzip';
import { HOST_IS_LITTLE_ENDIAN, swapBytes, toDiskOrder } from './layout';
import { INTENT_VECTOR, type WritableVolume } from './volume';

/** How to write. */
export interface WriteOptions {
  /** `.nii.gz` rather than `.nii`; default false. */
  readonly gzip?: boolean;
  /** What errors call the file; default `NIfTI data`. */
  readonly name?: string;
}

const HEADER_BYTES = 352;

/**
 * Writes a volume as a NIfTI-1 file, little-endian, in the datatype of its typed array.
 *
 * `data` is row-major (last axis fastest). A displacement field has shape `[I, J, K, 1, 3]` and intent 1007
 * ({@link INTENT_VECTOR}); its values are written as they are, and programs of the ITK family take them as millimetres
 * in LPS. The orientation is written as sform (code 1, "scanner").
 *
 * @throws NiftiError when shape, data, affine, spacing, intent or description cannot be written as NIfTI-1
 */
export function writeNifti(volume: WritableVolume, options: WriteOptions = {}): Uint8Array {
  const { name: file = 'NIfTI data' } = options;
  const { data, shape, intent = 0, description = '' } = volume;
  const fail = (field: string, expected: string, got: unknown, advice: string): never => {
    throw new NiftiError({ file, field, expected, got: String(got), advice });
  };
  const datatype = datatypeOfArray(data);
  if (!datatype) return fail('data', 'a typed array of numbers', typeNameOf(data), 'convert the voxels first');
  if (shape.length < 1 || shape.length > 7 || !shape.every((n) => Number.isInteger(n) && n >= 1 && n <= 32767)) {
    fail('shape', '1 to 7 whole numbers from 1 to 32767', `[${shape.join(', ')}]`, 'crop or resample the volume');
  }
  const voxels = shape.reduce((product, size) => product * size, 1);
  if (voxels !== data.length) {
    fail('data', `${voxels} values for shape [${shape.join(', ')}]`, data.length, 'give shape and data that agree');
  }
  if (!Number.isInteger(intent) || intent < 0 || intent > 32767) {
    fail('intent', 'a NIfTI intent code', intent, 'see nifti1.h for the codes');
  }
  if (intent === INTENT_VECTOR && (shape.length !== 5 || shape[3] !== 1)) {
    fail('shape', '[I, J, K, 1, components] for intent 1007', `[${shape.join(', ')}]`, 'add the time axis of length 1');
  }
  const text = new TextEncoder().encode(description);
  if (text.length > 79) fail('description', 'at most 79 bytes', text.length, 'shorten it');

  const { affine, spacing } = geometryOf(volume, file);
  const bytes = new Uint8Array(HEADER_BYTES + data.byteLength);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 348, true);
  view.setUint8(38, 'r'.charCodeAt(0));
  const dims = [shape.length, ...shape];
  for (let axis = 0; axis < 8; axis++) view.setInt16(40 + 2 * axis, dims[axis] ?? 1, true);
  view.setInt16(68, intent, true);
  view.setInt16(70, datatype.code, true);
  view.setInt16(72, datatype.bytes * 8, true);
  const pixdim = [1, ...spacing];
  for (let axis = 0; axis < 8; axis++) view.setFloat32(76 + 4 * axis, pixdim[axis] ?? 1, true);
  view.setFloat32(108, HEADER_BYTES, true);
  view.setFloat32(112, 1, true); // scl_slope
  view.setUint8(123, 2 | 8); // millimetres, seconds
  bytes.set(text, 148);
  view.setInt16(254, 1, true); // sform_code: scanner coordinates
  affine.slice(0, 3).forEach((row, r) => row.forEach((value, c) => view.setFloat32(280 + 16 * r + 4 * c, value, true)));
  bytes.set(new TextEncoder().encode('n+1\0'), 344);

  const stored = toDiskOrder(data, shape);
  const body = new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
  if (!HOST_IS_LITTLE_ENDIAN) swapBytes(body, datatype.bytes);
  bytes.set(body, HEADER_BYTES);
  return options.gzip ? gzip(bytes) : bytes;
}

/** Affine and spacing of what is written, checked against each other, as the float32 that the file can hold. */
function geometryOf(volume: WritableVolume, file: string): { affine: number[][]; spacing: readonly number[] } {
  const stated = volume.spacing ?? (volume.affine ? columnLengths(volume.affine) : [1, 1, 1]);
  const affine = volume.affine ?? [0, 1, 2, 3].map((r) => [0, 1, 2, 3].map((c) => (r === c ? (stated[r] ?? 1) : 0)));
  checkAffine(
    affine.map((row) => row.map(Math.fround)),
    volume.affine ? 'affine' : 'spacing',
    file,
  );
  const lengths = columnLengths(affine);
  if (stated.length !== 3 || !lengths.every((length, axis) => Math.abs(stated[axis] - length) <= 1e-3 * length)) {
    throw new NiftiError({
      file,
      field: 'spacing',
      expected: `the lengths of the affine's columns (${lengths.join(', ')})`,
      got: `(${stated.join(', ')})`,
      advice: 'leave spacing out, or correct it',
    });
  }
  return { affine, spacing: stated };
}

function typeNameOf(value: unknown): string {
  return value === null || value === undefined ? String(value) : value.constructor.name;
}
