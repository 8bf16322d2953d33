import { copyFromHost, copyToHost, hostBytes, type TensorSpec } from '@paired3d/ops';
import type * as tf from '@tensorflow/tfjs-core';

/** Named tensors on shared memory, one behind the other: what a message says of them. */
export interface SharedTensors {
  readonly buffer: SharedArrayBuffer;
  readonly entries: readonly SharedEntry[];
}

interface SharedEntry extends TensorSpec {
  readonly name: string;
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
  await copyToHost([...tensors.values()], new Uint8Array(shared.buffer));
  return shared;
}

/** Reads tensors back; the caller owns them. */
export function readShared({ buffer, entries }: SharedTensors): Map<string, tf.Tensor> {
  const tensors = copyFromHost(new Uint8Array(buffer), entries);
  return new Map(entries.map(({ name }, i) => [name, tensors[i]]));
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
  return { buffer: new SharedArrayBuffer(hostBytes(entries)), entries };
}
