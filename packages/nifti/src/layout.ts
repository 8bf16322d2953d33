import type { TypedArray } from './volume';

/** Whether this machine stores the low byte first. */
export const HOST_IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Side of the square tiles of the transposition: 32 x 32 values of 8 bytes stay in the first-level cache. */
const TILE = 32;

/** Reverses the bytes of every value of `size` bytes, in place. */
export function swapBytes(bytes: Uint8Array, size: number): void {
  for (let start = 0; start + size <= bytes.length; start += size) {
    for (let low = start, high = start + size - 1; low < high; low++, high--) {
      const byte = bytes[low];
      bytes[low] = bytes[high];
      bytes[high] = byte;
    }
  }
}

/**
 * Disk order (first axis fastest) to row-major order (last axis fastest).
 * @param shape sizes of the axes, in the file's order; their product is `source.length`
 */
export function toRowMajor(source: TypedArray, shape: readonly number[]): TypedArray {
  return reverseAxes(source, shape);
}

/** Row-major order (last axis fastest) to disk order (first axis fastest): the inverse of {@link toRowMajor}. */
export function toDiskOrder(source: TypedArray, shape: readonly number[]): TypedArray {
  return reverseAxes(source, [...shape].reverse());
}

/** One array type for each size of a value, to move values whatever they mean. */
const CARRIERS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: Float64Array } as const;
type Carrier = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/** `source` has axis 0 fastest; the result has the last axis fastest. */
function reverseAxes(values: TypedArray, shape: readonly number[]): TypedArray {
  const result = copyOf(values);
  const axes = shape.filter((size) => size > 1);
  if (axes.length < 2) return result;
  // A loop that has seen more than four array types becomes ten times slower in V8.
  const Carrier = CARRIERS[values.BYTES_PER_ELEMENT as keyof typeof CARRIERS];
  const source = new Carrier(values.buffer as ArrayBuffer, values.byteOffset, values.length);
  const target = new Carrier(result.buffer as ArrayBuffer, result.byteOffset, result.length);
  const first = axes[0];
  const last = axes[axes.length - 1];
  const sourceStrides = axes.map((_, axis) => axes.slice(0, axis).reduce((a, b) => a * b, 1));
  const targetStrides = axes.map((_, axis) => axes.slice(axis + 1).reduce((a, b) => a * b, 1));
  const lastStride = sourceStrides[axes.length - 1];
  const firstStride = targetStrides[0];

  // Each choice of the middle indices leaves a plane first x last to transpose.
  const middle = axes.slice(1, -1);
  const index = middle.map(() => 0);
  const planes = middle.reduce((a, b) => a * b, 1);
  for (let plane = 0; plane < planes; plane++) {
    let from = 0;
    let to = 0;
    for (let axis = 0; axis < middle.length; axis++) {
      from += index[axis] * sourceStrides[axis + 1];
      to += index[axis] * targetStrides[axis + 1];
    }
    transposePlane(source, target, from, to, first, last, lastStride, firstStride);
    for (let axis = 0; axis < middle.length && ++index[axis] === middle[axis]; axis++) index[axis] = 0;
  }
  return result;
}

/** A plain typed array. The `slice` of Node's Buffer, which is a Uint8Array too, would share the memory. */
function copyOf(values: TypedArray): TypedArray {
  return values instanceof Uint8Array ? new Uint8Array(values) : values.slice();
}

/** `target[to + a * firstStride + b] = source[from + a + b * lastStride]` for a < first, b < last, tile by tile. */
function transposePlane(
  source: Carrier,
  target: Carrier,
  from: number,
  to: number,
  first: number,
  last: number,
  lastStride: number,
  firstStride: number,
): void {
  for (let a0 = 0; a0 < first; a0 += TILE) {
    const a1 = Math.min(a0 + TILE, first);
    for (let b0 = 0; b0 < last; b0 += TILE) {
      const b1 = Math.min(b0 + TILE, last);
      for (let a = a0; a < a1; a++) {
        let read = from + a + b0 * lastStride;
        let write = to + a * firstStride + b0;
        for (let b = b0; b < b1; b++) {
          target[write++] = source[read];
          read += lastStride;
        }
      }
    }
  }
}
