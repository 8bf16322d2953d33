import * as tf from '@tensorflow/tfjs-core';
import { withGradient } from './gradient';
import { product } from './matMul';
import { checkShape, checkSize, checkTensor, type Vector3 } from './validate';

/** Homogeneous voxel centres, rows `[x, y, z, 1]`, for `columns` 4, or plain ones for 3. */
function voxelCentres([depth, height, width]: Vector3, columns: 3 | 4, batch = 1): Float32Array {
  const rows = depth * height * width;
  const centres = new Float32Array(batch * rows * columns).fill(1);
  const centre = (i: number, n: number) => (2 * i + 1) / n - 1;
  let at = 0;
  for (let i = 0; i < depth; i++) {
    for (let j = 0; j < height; j++) {
      for (let k = 0; k < width; k++, at += columns) {
        centres[at] = centre(k, width);
        centres[at + 1] = centre(j, height);
        centres[at + 2] = centre(i, depth);
      }
    }
  }
  for (let b = 1; b < batch; b++) centres.copyWithin(b * rows * columns, 0, rows * columns);
  return centres;
}

/**
 * The grid that samples every voxel at its own centre: `gridSample3d(x, identityGrid(size of x))` is x.
 *
 * @param size `[d, h, w]` in voxels.
 * @param batch copies of the grid.
 * @returns `[batch, d, h, w, 3]`, last axis x, y, z; normalised, voxel i of N at `(2 i + 1) / N - 1`.
 * @throws OpsError when a size is not a whole number of at least 1.
 */
export function identityGrid(size: readonly [number, number, number], batch = 1): tf.Tensor5D {
  const volume = checkSize('identityGrid', size);
  return tf.tensor5d(voxelCentres(volume, 3, batch), [batch, ...volume, 3]);
}

/**
 * The grid of an affine map: at each voxel centre p the point `theta [p; 1]`, as PyTorch's `affine_grid`.
 *
 * @param theta `[B, 3, 4]`, acting on normalised x, y, z.
 * @param size `[d, h, w]` in voxels.
 * @returns `[B, d, h, w, 3]`.
 * @throws OpsError when theta has another shape.
 */
export function affineGrid(theta: tf.Tensor3D, size: readonly [number, number, number]): tf.Tensor5D {
  checkTensor('affineGrid', 'theta', theta, 3);
  checkShape('affineGrid', 'theta', theta, [-1, 3, 4]);
  const volume = checkSize('affineGrid', size);
  const rows = volume[0] * volume[1] * volume[2];
  const batch = theta.shape[0];
  const centres = () => tf.tensor2d(voxelCentres(volume, 4), [rows, 4]);
  return withGradient<tf.Tensor5D>([theta], () => {
    const maps = tf.reshape<tf.Rank.R2>(theta, [batch * 3, 4]);
    const points = tf.reshape<tf.Rank.R3>(product(centres(), maps, false, true), [rows, batch, 3]);
    return {
      value: tf.reshape(tf.transpose(points, [1, 0, 2]), [batch, ...volume, 3]),
      gradient: (dy) => {
        const columns = tf.transpose(tf.reshape<tf.Rank.R3>(dy, [batch, rows, 3]), [0, 2, 1]);
        return [tf.reshape(product(tf.reshape(columns, [batch * 3, rows]), centres()), [batch, 3, 4])];
      },
    };
  });
}
