import * as tf from '@tensorflow/tfjs-core';
import { alongAxis } from '@paired3d/ops';
import type { Size3 } from './config';

const AXES = [1, 2, 3] as const;
type Axis = (typeof AXES)[number];

/**
 * Penalties on a displacement field [B, d, h, w, 3] that may live on a grid coarser than the images.
 *
 * - `diffusion`, the paper's: the sum over axes of the mean squared differences between neighbours. Differences are
 *   taken per voxel of the image: on a grid r times coarser they are divided by r, so a weight keeps its meaning.
 * - `bending`: the sum over axes of the mean squared second derivatives plus twice the mean squared mixed ones,
 *   with respect to normalised coordinates, so a weight keeps its meaning whatever the sizes.
 *
 * Axes of one voxel take no part. Matrices are made once; `dispose()` frees them.
 */
export class Regulariser {
  private readonly axes: Axis[];
  /** Forward differences [n - 1, n] and second differences [n - 2, n] of each axis of `axes`. */
  private readonly first: tf.Tensor2D[];
  private readonly second: tf.Tensor2D[];

  /**
   * @param grid size of the fields
   * @param image size of the images
   */
  constructor(
    readonly kind: 'diffusion' | 'bending',
    grid: Size3,
    image: Size3,
  ) {
    this.axes = AXES.filter((axis) => grid[axis - 1] > (kind === 'bending' ? 2 : 1));
    const steps = this.axes.map((axis) =>
      kind === 'diffusion' ? grid[axis - 1] / image[axis - 1] : grid[axis - 1] / 2,
    );
    this.first = this.axes.map((axis, a) => stencil(grid[axis - 1], [-steps[a], steps[a]]));
    this.second =
      kind === 'diffusion'
        ? []
        : this.axes.map((axis, a) =>
            stencil(
              grid[axis - 1],
              [1, -2, 1].map((weight) => weight * steps[a] ** 2),
            ),
          );
  }

  /** The penalty, a scalar: the mean over the batch. Differentiable. */
  penalty(displacement: tf.Tensor5D): tf.Scalar {
    return tf.tidy(() => {
      const terms = this.kind === 'diffusion' ? this.diffusion(displacement) : this.bending(displacement);
      return terms.length ? (tf.addN(terms) as tf.Scalar) : tf.scalar(0);
    });
  }

  /** Frees the matrices. */
  dispose(): void {
    tf.dispose([...this.first, ...this.second]);
  }

  private diffusion(displacement: tf.Tensor5D): tf.Tensor[] {
    return this.axes.map((axis, a) => tf.mean(tf.square(alongAxis(displacement, this.first[a], axis))));
  }

  private bending(displacement: tf.Tensor5D): tf.Tensor[] {
    const slopes = this.axes.map((axis, a) => alongAxis(displacement, this.first[a], axis));
    return this.axes.flatMap((axis, a) => [
      tf.mean(tf.square(alongAxis(displacement, this.second[a], axis))),
      ...slopes.slice(0, a).map((slope) => tf.mul(2, tf.mean(tf.square(alongAxis(slope, this.first[a], axis))))),
    ]);
  }
}

/** Matrix [n - weights.length + 1, n] that applies `weights` to each run of neighbours. */
function stencil(n: number, weights: readonly number[]): tf.Tensor2D {
  const rows = n - weights.length + 1;
  const matrix = new Float32Array(rows * n);
  for (let row = 0; row < rows; row++) weights.forEach((weight, i) => (matrix[row * n + row + i] = weight));
  return tf.tensor2d(matrix, [rows, n]);
}
