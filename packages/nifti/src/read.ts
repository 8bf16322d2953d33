import { NiftiError } from './errors';
import { gunzip, gunzipHead, isGzip } from './gzip';
import { HEADER_BYTES, checkExtensions, readHeader, type Header } from './header';
import { HOST_IS_LITTLE_ENDIAN, swapBytes, toRowMajor } from './layout';
import type { TypedArray, Volume } from './volume';

/** How to read. */
export interface ReadOptions {
  /** What errors call the file; default `NIfTI data`. */
  readonly name?: string;
  /** Most bytes that the inflated file, and the voxels made of it, may take; default 1 GiB. */
  readonly maxBytes?: number;
}

/**
 * Reads a NIfTI-1 or NIfTI-2 file: single-file (`.nii`), gzipped or not, of either byte order and any numeric datatype.
 *
 * The voxels keep the file's datatype, unless the header scales them: then they are `Float32Array` (`Float64Array` if
 * the file has float64). 64-bit integers become `Float64Array`. Axes keep the file's order and orientation.
 *
 * @returns the volume, row-major (last axis fastest), affine in RAS millimetres
 * @throws NiftiError when the file is damaged, is larger than `maxBytes`, or holds complex numbers or colours
 */
export async function readNifti(bytes: Uint8Array | ArrayBuffer, options: ReadOptions = {}): Promise<Volume> {
  const { name: file = 'NIfTI data', maxBytes = 2 ** 30 } = options;
  const raw = plainBytes(bytes);
  const zipped = isGzip(raw);
  const header = readHeader(zipped ? gunzipHead(raw, HEADER_BYTES, file) : raw, file);

  // The header tells the exact size, so nothing larger than it is ever inflated.
  const { datatype, voxels, voxelOffset, shape, affine, spacing, intent, description } = header;
  const length = voxelOffset + voxels * datatype.bytes;
  const needed = Math.max(length, voxels * (header.scaling ? Math.max(4, datatype.bytes) : datatype.bytes));
  if (needed > maxBytes) {
    throw new NiftiError({
      file,
      field: 'size',
      expected: `at most ${maxBytes} bytes`,
      got: `${needed} for ${shape.join(' x ')} voxels of ${datatype.name}`,
      advice: 'raise maxBytes if the image is really that large',
    });
  }
  const whole = zipped ? plainBytes(await gunzip(raw, length, file)) : raw;
  if (whole.length !== length) {
    throw new NiftiError({
      file,
      field: 'length',
      expected: `${length} bytes, as the header says (${shape.join(' x ')} voxels of ${datatype.name})`,
      got: `${whole.length}`,
      advice: whole.length < length ? 'the file is cut short; copy it again' : 'the file is damaged',
    });
  }
  checkExtensions(whole, header, file);
  const stored = voxelsOf(whole, header, file);
  return {
    data: toRowMajor(header.scaling ? scale(stored, header.scaling) : stored, shape),
    shape,
    affine,
    spacing,
    ...(intent !== undefined && { intent }),
    ...(description !== undefined && { description }),
  };
}

/** A Uint8Array on the same memory, and no Buffer of Node's: whose `slice` does not copy. */
function plainBytes(bytes: Uint8Array | ArrayBuffer): Uint8Array {
  return bytes instanceof Uint8Array
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
}

/** The stored values in disk order: a view of the file's bytes where possible, else a copy. */
function voxelsOf(bytes: Uint8Array, header: Header, file: string): TypedArray {
  const { datatype, voxelOffset, voxels, littleEndian } = header;
  const swap = datatype.bytes > 1 && littleEndian !== HOST_IS_LITTLE_ENDIAN;
  const aligned = (bytes.byteOffset + voxelOffset) % datatype.bytes === 0;
  const part = swap || !aligned ? bytes.slice(voxelOffset) : bytes.subarray(voxelOffset);
  if (swap) swapBytes(part, datatype.bytes);
  const stored = new datatype.array(part.buffer, part.byteOffset, voxels);
  return stored instanceof BigInt64Array || stored instanceof BigUint64Array ? toFloat64(stored, file) : stored;
}

function toFloat64(values: BigInt64Array | BigUint64Array, file: string): Float64Array {
  const result = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    result[i] = Number(values[i]);
    if (!Number.isSafeInteger(result[i])) {
      throw new NiftiError({
        file,
        field: 'data',
        expected: '64-bit integers between -(2^53 - 1) and 2^53 - 1',
        got: `${values[i]}`,
        advice: 'larger ones have no exact number in JavaScript; convert the image to float64',
      });
    }
  }
  return result;
}

function scale(stored: TypedArray, { slope, intercept }: { slope: number; intercept: number }): TypedArray {
  const result = stored instanceof Float64Array ? new Float64Array(stored.length) : new Float32Array(stored.length);
  for (let i = 0; i < stored.length; i++) result[i] = stored[i] * slope + intercept;
  return result;
}
