import * as tf from '@tensorflow/tfjs-core';

/** Named tensors on shared memory, one behind the other: what a message says of them. */
export interface SharedTensors {
  readonly buffer: SharedArrayBuffer;
  readonly entries: readonly SharedEntry[];
}

interface SharedEntry {
  readonly name: string;
  readonly dtype: 'float32' | 'int32';
  readonly shape: readonly number[];
}

/**
 * Writes tensors to shared memory, over `before` if that has the same names and shapes.
 * @param tensors float32 or int32, not disposed
 */
export async function writeShared(
  tensors: ReadonlyMap<string, tf.Tensor>,
  before?: SharedTensors,
): Promise<SharedTensors> {
  const entries = [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }) as SharedEntry);
  const shared = before && JSON.stringify(before.entries) === JSON.stringify(entries) ? before : allocate(entries);
  const views = viewsOf(shared);
  for (const [name, tensor] of tensors) views.get(name)!.set((await tensor.data()) as Float32Array | Int32Array);
  return shared;
}

/** Reads tensors back; the caller owns them. */
export function readShared(shared: SharedTensors): Map<string, tf.Tensor> {
  const views = viewsOf(shared);
  return new Map(
    shared.entries.map(({ name, dtype, shape }) => {
      // A copy: some backends keep the array, and what is shared changes.
      return [name, tf.tensor(views.get(name)!.slice(), [...shape], dtype)];
    }),
  );
}

/** A value whose arrays lie on shared memory: the same on every thread, instead of copies. Those that do stay. */
export function onSharedMemory<T>(value: T): T {
  if (ArrayBuffer.isView(value)) return sharedArray(value) as T;
  if (Array.isArray(value)) return value.map(onSharedMemory) as T;
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, onSharedMemory(item)])) as T;
  // Buffers have no fields to go through.
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, onSharedMemory(item as unknown)])) as T;
}

function sharedArray(view: ArrayBufferView): ArrayBufferView {
  if (view.buffer instanceof SharedArrayBuffer) return view;
  const bytes = new Uint8Array(new SharedArrayBuffer(view.byteLength));
  bytes.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  const type = view.constructor as new (buffer: ArrayBufferLike) => ArrayBufferView;
  return new type(bytes.buffer);
}

function allocate(entries: readonly SharedEntry[]): SharedTensors {
  const elements = entries.reduce((sum, { shape }) => sum + tf.util.sizeFromShape([...shape]), 0);
  return { buffer: new SharedArrayBuffer(4 * elements), entries };
}

function viewsOf({ buffer, entries }: SharedTensors): Map<string, Float32Array | Int32Array> {
  let at = 0;
  return new Map(
    entries.map(({ name, dtype, shape }) => {
      const size = tf.util.sizeFromShape([...shape]);
      const view = dtype === 'int32' ? new Int32Array(buffer, at, size) : new Float32Array(buffer, at, size);
      at += 4 * size;
      return [name, view];
    }),
  );
}
