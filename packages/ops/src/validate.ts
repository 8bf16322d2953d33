import type * as tf from '@tensorflow/tfjs-core';
import { OpsError } from './errors';

/** One number for all three spatial axes, or one for each of them in tensor order. */
export type Triple = number | readonly [number, number, number];

export type Vector3 = [number, number, number];

/** Expands a {@link Triple} and checks that each entry is a number of at least `minimum` (whole unless `real`). */
export function triple(op: string, name: string, value: Triple, minimum: number, real = false): Vector3 {
  const entries: number[] = typeof value === 'number' ? [value, value, value] : [...value];
  const valid =
    entries.length === 3 && entries.every((n) => (real ? Number.isFinite(n) : Number.isInteger(n)) && n >= minimum);
  if (!valid) {
    const kind = real ? 'numbers' : 'whole numbers';
    throw new OpsError(op, `${name} of ${kind} >= ${minimum}`, JSON.stringify(value), 'give one number or three');
  }
  return entries as Vector3;
}

/** Checks rank and dtype of an input. */
export function checkTensor(
  op: string,
  name: string,
  x: tf.Tensor,
  rank?: number,
  dtype: tf.DataType = 'float32',
): void {
  if (rank !== undefined && x.rank !== rank) {
    throw new OpsError(op, `${name} of rank ${rank}`, `shape [${x.shape}]`, `reshape ${name} first`);
  }
  if (x.dtype !== dtype) {
    throw new OpsError(op, `${name} of dtype ${dtype}`, x.dtype, `cast ${name} first`);
  }
}

/** Checks a shape entry by entry; -1 stands for any size. */
export function checkShape(op: string, name: string, x: tf.Tensor, shape: readonly number[]): void {
  const matches = x.rank === shape.length && shape.every((n, axis) => n === -1 || n === x.shape[axis]);
  if (!matches) {
    const wanted = shape.map((n) => (n === -1 ? '*' : n)).join(',');
    throw new OpsError(op, `${name} of shape [${wanted}]`, `[${x.shape}]`, `give ${name} that shape`);
  }
}

/** Checks a spatial size given by the caller. */
export function checkSize(op: string, size: readonly number[]): Vector3 {
  if (size.length !== 3) {
    throw new OpsError(op, 'a size of three whole numbers >= 1', JSON.stringify(size), 'give [depth, height, width]');
  }
  return triple(op, 'size', size as Vector3, 1);
}
