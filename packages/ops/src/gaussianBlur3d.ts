import type * as tf from '@tensorflow/tfjs-core';
import { alongAxes, type BandedMatrix } from './alongAxis';
import { OpsError } from './errors';
import { checkTensor, triple, type Triple } from './validate';

/**
 * Gaussian blur: a separable kernel of radius `floor(3 sigma + 0.5)`, normalised to sum 1.
 *
 * @param x `[B, D, H, W, C]`.
 * @param sigma standard deviation in voxels; an axis with 0 is left alone.
 * @param options `padding`: outside the volume there are zeros (`zeros`, default) or the nearest voxel (`replicate`).
 * @returns the shape of x.
 * @throws OpsError when a sigma is negative or the padding unknown.
 */
export function gaussianBlur3d(
  x: tf.Tensor5D,
  sigma: Triple,
  options: { padding?: 'zeros' | 'replicate' } = {},
): tf.Tensor5D {
  checkTensor('gaussianBlur3d', 'x', x, 5);
  const { padding = 'zeros' } = options;
  if (padding !== 'zeros' && padding !== 'replicate') {
    throw new OpsError('gaussianBlur3d', "padding 'zeros' or 'replicate'", String(padding), 'choose one of them');
  }
  const sigmas = triple('gaussianBlur3d', 'sigma', sigma, 0, true);
  return alongAxes(
    x,
    sigmas.map((s, i) =>
      Math.floor(3 * s + 0.5) === 0 ? null : blurMatrix(x.shape[i + 1]!, s, padding === 'replicate'),
    ),
  );
}

function blurMatrix(n: number, sigma: number, replicate: boolean): BandedMatrix {
  const radius = Math.floor(3 * sigma + 0.5);
  const kernel = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-0.5 * ((i - radius) / sigma) ** 2));
  const sum = kernel.reduce((a, b) => a + b, 0);
  const weights: [number, number, number][] = [];
  for (let row = 0; row < n; row++) {
    kernel.forEach((value, i) => {
      const column = row + i - radius;
      const inside = Math.min(n - 1, Math.max(0, column));
      if (replicate || inside === column) weights.push([row, inside, value / sum]);
    });
  }
  return { rows: n, columns: n, weights };
}
