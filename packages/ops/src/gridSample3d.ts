import type * as tf from '@tensorflow/tfjs-core';
import { dispatch } from './dispatch';
import { OpsError } from './errors';
import { withGradient } from './gradient';
import {
  gridSample3dComposite,
  gridSample3dGradComposite,
  type SampleMode,
  type SamplePadding,
} from './gridSample3d.composite';
import { checkShape, checkTensor } from './validate';

/**
 * Samples a volume at given points, as PyTorch's `grid_sample` with `align_corners=False`.
 *
 * Coordinates are normalised: -1 and 1 are the outer faces of the first and last voxel, the centre of voxel i of N lies
 * at `(2 i + 1) / N - 1`. The last axis of the grid is x, y, z, and x belongs to the last spatial axis of the volume.
 *
 * @param x `[B, D, H, W, C]`.
 * @param grid `[B, d, h, w, 3]`.
 * @param options
 *   - `mode`: `linear` (default, trilinear) or `nearest` (ties to even; no gradient to the grid).
 *   - `padding`: outside the volume the value is zero (`zeros`, default) or that of the nearest voxel (`border`).
 *   - `constantInput`: true when x needs no gradient, e.g. an image; saves its scatter (default false).
 * @returns `[B, d, h, w, C]`.
 * @throws OpsError when shapes do not match.
 */
export function gridSample3d(
  x: tf.Tensor5D,
  grid: tf.Tensor5D,
  options: { mode?: SampleMode; padding?: SamplePadding; constantInput?: boolean } = {},
): tf.Tensor5D {
  const { mode = 'linear', padding = 'zeros', constantInput = false } = options;
  const op = 'gridSample3d';
  checkTensor(op, 'x', x, 5);
  checkTensor(op, 'grid', grid, 5);
  checkShape(op, 'grid', grid, [x.shape[0], -1, -1, -1, 3]);
  if (mode !== 'linear' && mode !== 'nearest') {
    throw new OpsError(op, "mode 'linear' or 'nearest'", String(mode), 'choose one of them');
  }
  if (padding !== 'zeros' && padding !== 'border') {
    throw new OpsError(op, "padding 'zeros' or 'border'", String(padding), 'choose one of them');
  }
  return withGradient<tf.Tensor5D>(constantInput ? [grid] : [x, grid], (save) => {
    save([x, grid]);
    const value = dispatch('Paired3dGridSample3d', { x, grid }, { mode, padding }, () =>
      gridSample3dComposite(x, grid, mode, padding),
    );
    return {
      value,
      gradient: (dy, [input, points]) => {
        const attributes = { mode, padding, needInput: !constantInput };
        const gradients = dispatch('Paired3dGridSample3dGrad', { dy, x: input, grid: points }, attributes, () =>
          gridSample3dGradComposite(
            dy as tf.Tensor5D,
            input as tf.Tensor5D,
            points as tf.Tensor5D,
            mode,
            padding,
            !constantInput,
          ),
        );
        return constantInput ? gradients.slice(1) : gradients;
      },
    };
  });
}
