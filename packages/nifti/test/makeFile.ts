import { gzipSync } from 'node:zlib';

/** Every numeric datatype: code, bytes, and how a DataView stores it. Written apart from the reader's own table. */
export const DATATYPES = {
  uint8: { code: 2, bytes: 1, low: 0, high: 255, set: (v: DataView, at: number, x: number) => v.setUint8(at, x) },
  int8: { code: 256, bytes: 1, low: -128, high: 127, set: (v: DataView, at: number, x: number) => v.setInt8(at, x) },
  int16: { code: 4, bytes: 2, low: -32768, high: 32767, set: (v, at, x, le) => v.setInt16(at, x, le) },
  uint16: { code: 512, bytes: 2, low: 0, high: 65535, set: (v, at, x, le) => v.setUint16(at, x, le) },
  int32: { code: 8, bytes: 4, low: -(2 ** 31), high: 2 ** 31 - 1, set: (v, at, x, le) => v.setInt32(at, x, le) },
  uint32: { code: 768, bytes: 4, low: 0, high: 2 ** 32 - 1, set: (v, at, x, le) => v.setUint32(at, x, le) },
  float32: { code: 16, bytes: 4, low: -1.5, high: 2 ** 100, set: (v, at, x, le) => v.setFloat32(at, x, le) },
  float64: { code: 64, bytes: 8, low: -Math.PI, high: 1e300, set: (v, at, x, le) => v.setFloat64(at, x, le) },
  int64: {
    code: 1024,
    bytes: 8,
    low: -(2 ** 53) + 1,
    high: 2 ** 53 - 1,
    set: (v, at, x, le) => v.setBigInt64(at, BigInt(x), le),
  },
  uint64: { code: 1280, bytes: 8, low: 0, high: 2 ** 53 - 1, set: (v, at, x, le) => v.setBigUint64(at, BigInt(x), le) },
} satisfies Record<
  string,
  { code: number; bytes: number; low: number; high: number; set(v: DataView, at: number, x: number, le: boolean): void }
>;

export interface FileOptions {
  version?: 1 | 2;
  littleEndian?: boolean;
  gzip?: boolean;
  datatype?: keyof typeof DATATYPES;
  dims?: readonly number[];
  /** The values in disk order; default 0, 1, 2, …. */
  values?: readonly number[];
  slope?: number;
  intercept?: number;
  pixdim?: readonly number[];
  sform?: readonly number[];
  sformCode?: number;
  qform?: { code: number; b: number; c: number; d: number; offset: readonly [number, number, number] };
  units?: number;
  intent?: number;
  description?: string;
  /** Extension blocks as [size written, bytes taken]. */
  extensions?: readonly (readonly [number, number])[];
}

const FIELDS = {
  1: {
    head: 348,
    magic: 344,
    dim: 40,
    intent: 68,
    datatype: 70,
    pixdim: 76,
    offset: 108,
    slope: 112,
    units: 123,
    text: 148,
    qcode: 252,
    quatern: 256,
    srow: 280,
  },
  2: {
    head: 540,
    magic: 4,
    dim: 16,
    intent: 504,
    datatype: 12,
    pixdim: 104,
    offset: 168,
    slope: 176,
    units: 500,
    text: 240,
    qcode: 344,
    quatern: 352,
    srow: 400,
  },
} as const;

/** Builds a NIfTI file byte by byte from the standard's tables. */
export function makeFile(options: FileOptions = {}): Uint8Array {
  const { version = 1, littleEndian = true, datatype = 'uint8', dims = [2, 3, 4], extensions = [] } = options;
  const count = Math.max(
    0,
    dims.reduce((a, b) => a * b, 1),
  );
  const values = options.values ?? Array.from({ length: count }, (_, i) => i);
  const type = DATATYPES[datatype];
  const at = FIELDS[version];
  const offset = at.head + 4 + extensions.reduce((sum, [, taken]) => sum + taken, 0);
  const bytes = new Uint8Array(offset + values.length * type.bytes);
  const view = new DataView(bytes.buffer);
  const real = (where: number, index: number, value: number): void =>
    version === 1
      ? view.setFloat32(where + 4 * index, value, littleEndian)
      : view.setFloat64(where + 8 * index, value, littleEndian);

  view.setInt32(0, at.head, littleEndian);
  bytes.set(new TextEncoder().encode(version === 1 ? 'n+1\0' : 'n+2\0\r\n\x1a\n'), at.magic);
  [dims.length, ...dims].forEach((size, i) =>
    version === 1
      ? view.setInt16(at.dim + 2 * i, size, littleEndian)
      : view.setBigInt64(at.dim + 8 * i, BigInt(size), littleEndian),
  );
  view.setInt16(at.datatype, type.code, littleEndian);
  view.setInt16(at.datatype + 2, type.bytes * 8, littleEndian);
  (options.pixdim ?? [1, 1, 1, 1]).forEach((size, i) => real(at.pixdim, i, size));
  if (version === 1) real(at.offset, 0, offset);
  else view.setBigInt64(at.offset, BigInt(offset), littleEndian);
  real(at.slope, 0, options.slope ?? 0);
  real(at.slope, 1, options.intercept ?? 0);
  const small = (where: number, value: number): void =>
    version === 1 ? view.setInt16(where, value, littleEndian) : view.setInt32(where, value, littleEndian);
  if (version === 1) view.setUint8(at.units, options.units ?? 2);
  else view.setInt32(at.units, options.units ?? 2, littleEndian);
  small(at.intent, options.intent ?? 0);
  bytes.set(new TextEncoder().encode(options.description ?? ''), at.text);
  if (options.qform) {
    const {
      code,
      b,
      c,
      d,
      offset: [x, y, z],
    } = options.qform;
    small(at.qcode, code);
    [b, c, d, x, y, z].forEach((value, i) => real(at.quatern, i, value));
  }
  small(at.qcode + (version === 1 ? 2 : 4), options.sformCode ?? (options.sform ? 1 : 0));
  options.sform?.forEach((value, i) => real(at.srow, i, value));
  if (extensions.length > 0) bytes[at.head] = 1;
  let extension = at.head + 4;
  for (const [size, taken] of extensions) {
    view.setInt32(extension, size, littleEndian);
    extension += taken;
  }
  values.forEach((value, i) => type.set(view, offset + i * type.bytes, value, littleEndian));
  return options.gzip ? new Uint8Array(gzipSync(bytes)) : bytes;
}

/** A copy with some bytes replaced. */
export function patch(bytes: Uint8Array, edit: (view: DataView) => void): Uint8Array {
  const copy = bytes.slice();
  edit(new DataView(copy.buffer));
  return copy;
}
