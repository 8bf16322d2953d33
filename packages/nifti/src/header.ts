import { readHeader as parseWithNiftiReader } from 'nifti-reader-js';
import { affineOf, spacingOf } from './affine';
import { datatypeOf, type Datatype } from './datatypes';
import { NiftiError } from './errors';

/** What the voxels of a file are, checked. */
export interface Header {
  readonly littleEndian: boolean;
  /** Where the extensions, if any, begin. */
  readonly extensionOffset: number;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly voxels: number;
  /** Byte offset of the first voxel. */
  readonly voxelOffset: number;
  /** Value = stored * slope + intercept; undefined when the stored values are the values. */
  readonly scaling?: { readonly slope: number; readonly intercept: number };
  readonly affine: number[][];
  readonly spacing: readonly [number, number, number];
  readonly intent?: number;
  readonly description?: string;
}

/** Bytes that are enough for the header of either version. */
export const HEADER_BYTES = 544;

/** Where NIfTI-1 and NIfTI-2 keep the fields that are checked before the parser sees the header. */
const LAYOUT = {
  1: { size: 348, magicAt: 344, magic: 'n+1', pairMagic: 'ni1', dim: 40, datatype: 70, voxOffset: 108, srows: 280 },
  2: { size: 540, magicAt: 4, magic: 'n+2', pairMagic: 'ni2', dim: 16, datatype: 12, voxOffset: 168, srows: 400 },
} as const;

const DAMAGED = 'the header is damaged; write the image again with the program it came from';
/** Millimetres of NIfTI's codes of spatial units: metre, millimetre, micron; unknown counts as millimetre. */
const MILLIMETRES: Readonly<Record<number, number>> = { 1: 1000, 2: 1, 3: 0.001 };

/**
 * Reads the header. Everything that nifti-reader-js takes on trust is checked first, and it is given a copy without
 * the extension flag: its reader of extensions does not end on some damaged sizes.
 * @param bytes the file or its beginning, inflated
 * @throws NiftiError naming the first field that is not right
 */
export function readHeader(bytes: Uint8Array, file: string): Header {
  const fail = (field: string, expected: string, got: unknown, advice = DAMAGED): never => {
    throw new NiftiError({ file, field, expected, got: String(got), advice });
  };
  const { version, littleEndian } = versionOf(bytes, file);
  const layout = LAYOUT[version];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

  const int = (at: number): number =>
    version === 1 ? view.getInt16(at, littleEndian) : Number(view.getBigInt64(at, littleEndian));
  const rank = int(layout.dim);
  if (!(rank >= 1 && rank <= 7)) fail('dim[0]', '1 to 7', rank);
  const dims: number[] = [];
  for (let axis = 1; axis <= rank; axis++) {
    const size = int(layout.dim + axis * (version === 1 ? 2 : 8));
    if (!(size >= 1 && Number.isSafeInteger(size))) fail(`dim[${axis}]`, 'at least 1', size);
    dims.push(size);
  }
  const voxels = dims.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(voxels * 8)) fail('dim', 'a number of voxels that can be counted', dims.join(' x '));

  const datatype = datatypeOf(
    view.getInt16(layout.datatype, littleEndian),
    view.getInt16(layout.datatype + 2, littleEndian),
    file,
  );

  const voxelOffset = version === 1 ? view.getFloat32(layout.voxOffset, littleEndian) : int(layout.voxOffset);
  const least = layout.size + 4;
  if (!(Number.isSafeInteger(voxelOffset) && voxelOffset >= least)) {
    fail('vox_offset', `a whole number of at least ${least}`, voxelOffset);
  }

  const copy = bytes.slice(0, layout.size + 4);
  copy.fill(0, layout.size);
  const parsed = parseWithNiftiReader(copy.buffer);
  const { scl_slope: slope, scl_inter: intercept } = parsed;
  const scaled = !(slope === 0 || Number.isNaN(slope) || (slope === 1 && intercept === 0));
  if (scaled && !Number.isFinite(slope)) fail('scl_slope', 'a finite number', slope);
  if (scaled && !Number.isFinite(intercept)) fail('scl_inter', 'a finite number', intercept);

  const orientation = {
    sformCode: parsed.sform_code,
    srows: rowsAt(view, layout.srows, version, littleEndian),
    qformCode: parsed.qform_code,
    quaternion: [parsed.quatern_b, parsed.quatern_c, parsed.quatern_d] as const,
    offset: [parsed.qoffset_x, parsed.qoffset_y, parsed.qoffset_z] as const,
    pixdim: parsed.pixDims,
    size: [...dims, 1, 1].slice(0, 3),
    unit: MILLIMETRES[parsed.xyzt_units & 7] ?? 1,
  };
  const affine = affineOf(orientation, file);
  const description = textAt(bytes, version === 1 ? 148 : 240, 80);
  return {
    littleEndian,
    extensionOffset: least,
    datatype,
    shape: shapeOf(dims),
    voxels,
    voxelOffset,
    ...(scaled && { scaling: { slope, intercept } }),
    affine,
    spacing: spacingOf(
      affine,
      parsed.pixDims.slice(1, 4).map((size) => size * orientation.unit),
    ),
    ...(parsed.intent_code !== 0 && { intent: parsed.intent_code }),
    ...(description && { description }),
  };
}

/**
 * Walks the header extensions between the header and the voxels.
 * @throws NiftiError unless each size is a multiple of 16, at least 16, and the last one ends before the voxels
 */
export function checkExtensions(bytes: Uint8Array, header: Header, file: string): void {
  const flagAt = header.extensionOffset - 4;
  if (bytes[flagAt] === 0) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = header.extensionOffset; at < header.voxelOffset;) {
    const room = header.voxelOffset - at;
    const size = room >= 16 ? view.getInt32(at, header.littleEndian) : 0;
    if (size < 16 || size % 16 !== 0 || size > room) {
      throw new NiftiError({
        file,
        field: 'extension size',
        expected: `a multiple of 16 from 16 to ${room}`,
        got: room >= 16 ? `${size}` : `${room} bytes left before the voxels`,
        advice: DAMAGED,
      });
    }
    at += size;
  }
}

/** @throws NiftiError when the bytes do not begin as a single-file NIfTI does */
function versionOf(bytes: Uint8Array, file: string): { version: 1 | 2; littleEndian: boolean } {
  const fail = (field: string, expected: string, got: string, advice: string): never => {
    throw new NiftiError({ file, field, expected, got, advice });
  };
  if (bytes.length < 352) {
    fail('length', 'at least 352 bytes', `${bytes.length}`, 'the file is empty or cut short; copy it again');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const version of [1, 2] as const) {
    for (const littleEndian of [true, false]) {
      const { size, magicAt, magic, pairMagic } = LAYOUT[version];
      if (view.getInt32(0, littleEndian) !== size) continue;
      if (bytes.length < size + 4) {
        fail('length', `at least ${size + 4} bytes`, `${bytes.length}`, 'the file is cut short; copy it again');
      }
      const found = String.fromCharCode(...bytes.subarray(magicAt, magicAt + 3));
      if (found === pairMagic) {
        fail('magic', `"${magic}"`, `"${pairMagic}"`, 'join the .hdr and .img pair into one .nii file');
      }
      if (found !== magic || bytes[magicAt + 3] !== 0) {
        fail(
          'magic',
          `"${magic}"`,
          JSON.stringify(found),
          'ANALYZE 7.5 and damaged headers are not read; convert to .nii',
        );
      }
      return { version, littleEndian };
    }
  }
  return fail('sizeof_hdr', '348 or 540', `${view.getInt32(0, true)}`, 'give a .nii or .nii.gz file');
}

/** Three axes at least; the trailing axes of length 1 that many programs add are left out. */
function shapeOf(dims: readonly number[]): readonly number[] {
  const shape = [...dims];
  while (shape.length > 3 && shape[shape.length - 1] === 1) shape.pop();
  while (shape.length < 3) shape.push(1);
  return shape;
}

/** nifti-reader-js replaces the sform of NIfTI-1 by the qform when the latter's code is higher, so it is read here. */
function rowsAt(view: DataView, at: number, version: 1 | 2, littleEndian: boolean): number[][] {
  const value = (index: number): number =>
    version === 1 ? view.getFloat32(at + index * 4, littleEndian) : view.getFloat64(at + index * 8, littleEndian);
  return [0, 1, 2].map((row) => [0, 1, 2, 3].map((column) => value(row * 4 + column)));
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end)).trim();
}
