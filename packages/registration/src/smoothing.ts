import * as tf from '@tensorflow/tfjs-core';
import { alongAxis } from '@paired3d/ops';
import type { RegistrationConfig, Size3 } from './config';

/**
 * The chain of average pools that smooths the velocity and brings it to the coarse grid: kernel `width`, padding
 * `(width - 1) / 2`, padded zeros counted as PyTorch's `AvgPool3d` counts them.
 *
 * Such a chain is linear and separable, so it is one matrix per axis: the product of the matrices of the pools.
 */
export class Smoothing {
  /** Size of the coarse grid. */
  readonly grid: Size3;
  private readonly matrices: tf.Tensor2D[];

  constructor({ size, smoothing, spatialDims }: Pick<RegistrationConfig, 'size' | 'smoothing' | 'spatialDims'>) {
    const axes = size.map((n, axis) =>
      spatialDims === 2 && axis === 0 ? { rows: 1, values: Float32Array.of(1) } : poolChain(n, smoothing),
    );
    this.grid = axes.map(({ rows }) => rows) as unknown as Size3;
    this.matrices = axes.map(({ rows, values }, axis) => tf.tensor2d(values, [rows, size[axis]]));
  }

  /** [B, ...size, C] -> [B, ...grid, C]; differentiable. */
  apply(x: tf.Tensor5D): tf.Tensor5D {
    return tf.tidy(() =>
      ([1, 2, 3] as const).reduce(
        (y, axis) => (y.shape[axis] === 1 ? y : alongAxis(y, this.matrices[axis - 1], axis)),
        x,
      ),
    );
  }

  /** Frees the matrices. */
  dispose(): void {
    tf.dispose(this.matrices);
  }
}

/** The matrix [rows, n], row-major, of all pools after one another along an axis of n voxels. */
function poolChain(
  n: number,
  { width, strides }: RegistrationConfig['smoothing'],
): { rows: number; values: Float32Array } {
  const identity = Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));
  const rows = strides.reduce<Float64Array[]>((below, stride) => pool(below, width, stride), identity);
  const values = new Float32Array(rows.length * n);
  rows.forEach((row, i) => values.set(row, i * n));
  return { rows: rows.length, values };
}

/** Average pool over the rows of a matrix. */
function pool(rows: readonly Float64Array[], width: number, stride: number): Float64Array[] {
  const half = (width - 1) / 2;
  return Array.from({ length: Math.floor((rows.length - 1) / stride) + 1 }, (_, i) => {
    const mean = new Float64Array(rows[0].length);
    for (let at = i * stride - half; at <= i * stride + half; at++) {
      rows[at]?.forEach((value, j) => (mean[j] += value / width));
    }
    return mean;
  });
}
