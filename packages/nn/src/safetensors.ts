import { SafetensorsError } from './errors';
import type { DType, HostTensor } from './hostTensor';

const arrays = {
  F32: Float32Array,
  F16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  U8: Uint8Array,
} as const satisfies Record<DType, unknown>;

interface Entry {
  dtype: DType;
  shape: number[];
  data_offsets: [number, number];
}

/** Headers are refused above this size, as in the reference implementation. */
const MAX_HEADER = 100_000_000;

/**
 * Writes tensors in the safetensors format: header length (u64, little endian), JSON header padded with spaces to a
 * multiple of 8, then the data. Large elements come first so that every tensor is aligned, names in order within.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, HostTensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const sorted = [...tensors].sort(
    ([a, x], [b, y]) => y.data.BYTES_PER_ELEMENT - x.data.BYTES_PER_ELEMENT || (a < b ? -1 : 1),
  );
  // Without a prototype, so that a tensor may have any name.
  const header = Object.create(null) as Record<string, unknown>;
  if (metadata) header.__metadata__ = metadata;
  let offset = 0;
  for (const [name, { dtype, shape, data }] of sorted) {
    const elements = shape.reduce((product, n) => product * n, 1);
    if (elements !== data.length) {
      throw new SafetensorsError(`'${name}'`, `${elements} elements for shape [${shape}]`, `${data.length}`);
    }
    if (!(data instanceof arrays[dtype])) {
      throw new SafetensorsError(`'${name}'`, `${arrays[dtype].name} for ${dtype}`, data.constructor.name);
    }
    if (name === '__metadata__') throw new SafetensorsError('name of a tensor', 'any but __metadata__', name);
    header[name] = { dtype, shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  let json = JSON.stringify(header);
  const encoder = new TextEncoder();
  json += ' '.repeat((8 - (encoder.encode(json).length % 8)) % 8);
  const head = encoder.encode(json);
  const bytes = new Uint8Array(8 + head.length + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(head.length), true);
  bytes.set(head, 8);
  let at = 8 + head.length;
  for (const [, { data }] of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Reads the safetensors format. The data must be covered by the tensors exactly: no overlap, no hole, nothing after.
 * @throws SafetensorsError naming the field that is wrong
 */
export function decodeSafetensors(bytes: Uint8Array): {
  tensors: Map<string, HostTensor>;
  metadata: Record<string, string>;
} {
  if (bytes.length < 8) throw new SafetensorsError('size', 'at least 8 bytes', `${bytes.length}`);
  const headerSize = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (headerSize > MAX_HEADER || headerSize > bytes.length - 8) {
    throw new SafetensorsError('header length', `at most ${Math.min(MAX_HEADER, bytes.length - 8)}`, `${headerSize}`);
  }
  const { __metadata__: metadata = {}, ...entries } = parseHeader(bytes.subarray(8, 8 + headerSize));
  if (!isTexts(metadata)) {
    throw new SafetensorsError('__metadata__', 'an object of texts', JSON.stringify(metadata));
  }
  const data = bytes.subarray(8 + headerSize);
  const tensors = new Map<string, HostTensor>();
  let end = 0;
  const byOffset = Object.entries(entries as Record<string, Entry>)
    .map(([name, entry]) => ({ name, ...checked(name, entry) }))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  for (const { name, dtype, shape, begin, end: stop } of byOffset) {
    if (begin !== end) throw new SafetensorsError(`'${name}' data_offsets`, `a start at ${end}`, `${begin}`);
    if (stop > data.length)
      throw new SafetensorsError(`'${name}' data_offsets`, `an end within ${data.length}`, `${stop}`);
    end = stop;
    // A copy (`slice` of a Buffer would be none): the file may start at any address, typed arrays may not.
    const copy = new Uint8Array(data.subarray(begin, stop));
    tensors.set(name, { dtype, shape, data: new arrays[dtype](copy.buffer) });
  }
  if (end !== data.length) throw new SafetensorsError('size', `${end} bytes of data`, `${data.length}`);
  return { tensors, metadata };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof header === 'object' && header !== null && !Array.isArray(header))
      return header as Record<string, unknown>;
  } catch (cause) {
    throw new SafetensorsError('header', 'JSON', 'something else', { cause });
  }
  throw new SafetensorsError('header', 'a JSON object', 'another JSON value');
}

function isTexts(value: unknown): value is Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === 'string');
}

function checked(name: string, entry: Partial<Entry> | null) {
  const { dtype, shape, data_offsets: offsets } = entry ?? {};
  if (typeof dtype !== 'string' || !Object.hasOwn(arrays, dtype)) {
    throw new SafetensorsError(`'${name}' dtype`, `one of ${Object.keys(arrays).join(', ')}`, `${dtype}`);
  }
  const natural = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(natural)) {
    throw new SafetensorsError(`'${name}' shape`, 'natural numbers', JSON.stringify(shape));
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(natural)) {
    throw new SafetensorsError(`'${name}' data_offsets`, 'two natural numbers', JSON.stringify(offsets));
  }
  const size = shape.reduce((product, n) => product * n, arrays[dtype].BYTES_PER_ELEMENT);
  if (offsets[1] - offsets[0] !== size) {
    throw new SafetensorsError(`'${name}' data_offsets`, `${size} bytes`, `${offsets[1] - offsets[0]}`);
  }
  return { dtype, shape, begin: offsets[0], end: offsets[1] };
}
