import { NiftiError } from './errors';
import type { TypedArray } from './volume';

type Constructor = new (
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number,
) => TypedArray | BigInt64Array | BigUint64Array;

/** One row of NIfTI's table of datatypes. */
export interface Datatype {
  readonly code: number;
  readonly name: string;
  /** Bytes of one voxel. */
  readonly bytes: number;
  readonly array: Constructor;
}

const NUMERIC: readonly Datatype[] = [
  { code: 2, name: 'uint8', bytes: 1, array: Uint8Array },
  { code: 4, name: 'int16', bytes: 2, array: Int16Array },
  { code: 8, name: 'int32', bytes: 4, array: Int32Array },
  { code: 16, name: 'float32', bytes: 4, array: Float32Array },
  { code: 64, name: 'float64', bytes: 8, array: Float64Array },
  { code: 256, name: 'int8', bytes: 1, array: Int8Array },
  { code: 512, name: 'uint16', bytes: 2, array: Uint16Array },
  { code: 768, name: 'uint32', bytes: 4, array: Uint32Array },
  { code: 1024, name: 'int64', bytes: 8, array: BigInt64Array },
  { code: 1280, name: 'uint64', bytes: 8, array: BigUint64Array },
];

/** Datatypes that exist but are not one number a voxel (or, float128, not a number JavaScript has). */
const OTHER: Readonly<Record<number, string>> = {
  1: 'binary (1 bit a voxel)',
  32: 'complex64',
  128: 'RGB24',
  1536: 'float128',
  1792: 'complex128',
  2048: 'complex256',
  2304: 'RGBA32',
};

/**
 * The row of a datatype code.
 * @throws NiftiError when the code is unknown, not numeric, or does not go with `bitpix`
 */
export function datatypeOf(code: number, bitpix: number, file: string): Datatype {
  const found = NUMERIC.find((row) => row.code === code);
  if (!found) {
    const other = OTHER[code];
    throw new NiftiError({
      file,
      field: 'datatype',
      expected: `one of ${NUMERIC.map((row) => `${row.code} (${row.name})`).join(', ')}`,
      got: other ? `${code}, ${other}` : `${code}, an unknown code`,
      advice: other ? 'convert the image to a numeric datatype first' : 'the header is damaged or not NIfTI',
    });
  }
  if (found.bytes * 8 !== bitpix) {
    throw new NiftiError({
      file,
      field: 'bitpix',
      expected: `${found.bytes * 8} for datatype ${found.name}`,
      got: `${bitpix}`,
      advice: 'the header is damaged; write the image again with the program it came from',
    });
  }
  return found;
}

/** The datatype in which a typed array is written; undefined for anything else. */
export function datatypeOfArray(data: unknown): Datatype | undefined {
  return NUMERIC.find((row) => data instanceof row.array && row.code !== 1024 && row.code !== 1280);
}
