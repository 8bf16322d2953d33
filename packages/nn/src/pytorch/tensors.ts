import type { DType, HostTensor } from '../hostTensor';
import { PytorchError } from './errors';
import { Global } from './pickle';

/** Elements of a storage, and the type under which they are kept here. */
export class TorchStorage {
  constructor(
    readonly dtype: DType,
    readonly data: HostTensor['data'],
  ) {}
}

type Data = HostTensor['data'];

interface StorageKind {
  readonly dtype: DType;
  readonly bytes: number;
  /** from an aligned copy of the bytes */
  readonly read: (buffer: ArrayBuffer) => Data;
}

const kind = (dtype: DType, bytes: number, read: (buffer: ArrayBuffer) => Data): StorageKind => ({
  dtype,
  bytes,
  read,
});

/** bfloat16 is the upper half of a float32. */
const fromBfloat16 = (buffer: ArrayBuffer): Float32Array =>
  new Float32Array(Uint32Array.from(new Uint16Array(buffer), (half) => half << 16).buffer);

/** PyTorch's storages; types that are not kept here are widened or narrowed to float32. */
const STORAGES: Readonly<Record<string, StorageKind>> = {
  'torch.FloatStorage': kind('F32', 4, (b) => new Float32Array(b)),
  'torch.HalfStorage': kind('F16', 2, (b) => new Uint16Array(b)),
  'torch.BFloat16Storage': kind('F32', 2, fromBfloat16),
  'torch.DoubleStorage': kind('F32', 8, (b) => Float32Array.from(new Float64Array(b))),
  'torch.LongStorage': kind('I64', 8, (b) => new BigInt64Array(b)),
  'torch.IntStorage': kind('I32', 4, (b) => new Int32Array(b)),
  'torch.ShortStorage': kind('I16', 2, (b) => new Int16Array(b)),
  'torch.ByteStorage': kind('U8', 1, (b) => new Uint8Array(b)),
  'torch.BoolStorage': kind('U8', 1, (b) => new Uint8Array(b)),
};

/** Whether a name is that of a storage that can be read. */
export const isStorage = (name: string): boolean => Object.hasOwn(STORAGES, name);

/** Elements of a storage of a type, from its file. */
export function readStorage(type: unknown, bytes: Uint8Array, elements: unknown, where: string): TorchStorage {
  const { dtype, bytes: each, read } = STORAGES[type instanceof Global ? type.name : ''] ?? {};
  if (!dtype || !each || !read) throw new PytorchError(where, 'a type of storage', String(type));
  if (typeof elements !== 'number' || elements * each !== bytes.length) {
    throw new PytorchError(where, `${elements} elements of ${each} bytes`, `${bytes.length} bytes`);
  }
  // A copy (`slice` of a Buffer would be none): entries of a zip file may start at any address, typed arrays may not.
  return new TorchStorage(dtype, read(new Uint8Array(bytes).buffer));
}

const isNatural = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
const isShape = (value: unknown): value is number[] => Array.isArray(value) && value.every(isNatural);

/**
 * A tensor as a view of a storage. Rows in order share the storage's memory; other strides are copied.
 * @throws PytorchError when it reaches beyond the storage, or would be larger than it
 */
export function tensorOf(storage: unknown, offset: unknown, shape: unknown, strides: unknown): HostTensor {
  const where = 'a tensor';
  if (!(storage instanceof TorchStorage)) throw new PytorchError(where, 'a storage', typeof storage);
  const { dtype, data } = storage;
  if (!isNatural(offset) || !isShape(shape) || !isShape(strides) || shape.length !== strides.length) {
    throw new PytorchError(where, 'an offset, a shape and strides', JSON.stringify([offset, shape, strides]));
  }
  const size = shape.reduce((product, n) => product * n, 1);
  const last = shape.reduce((at, n, axis) => at + (n - 1) * strides[axis], offset);
  // Strides of 0 could make a tensor of any size from one element.
  if (size > data.length || (size > 0 && last >= data.length)) {
    throw new PytorchError(where, `at most ${data.length} elements, its storage`, `[${shape}] from ${offset}`);
  }
  if (isInOrder(shape, strides)) return { dtype, shape: [...shape], data: data.subarray(offset, offset + size) };
  const copy = data.slice(0, size);
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < size; i++) {
    copy[i] = data[index.reduce((at, n, axis) => at + n * strides[axis], offset)];
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return { dtype, shape: [...shape], data: copy };
}

function isInOrder(shape: readonly number[], strides: readonly number[]): boolean {
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== stride) return false;
    stride *= shape[axis];
  }
  return true;
}
