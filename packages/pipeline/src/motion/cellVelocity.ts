import { gridSample3d } from '@paired3d/ops';
import type { HostDisplacement } from '@paired3d/registration';
import * as tf from '@tensorflow/tfjs-core';
import type { Augmentation } from '../data/augment';
import type { Size3 } from '../data/types';

/**
 * The stationary velocity of an augmented pair at the centres of cells of voxels.
 *
 * A pair is moving = fixed o exp(v). Both scans resampled at g, the augmentation's map of points, are again such a pair, with
 * the pull-back of v by g (Arsigny et al., 2006): v'(x) = Dg(x)^-1 v(g(x)), since g^-1 o exp(v) o g = exp(v'). Exchanged scans
 * have -v, two copies of one scan have 0, a breath more or less deep has a v; the moving scan's own field w adds to v(g(x)).
 *
 * @param velocity normalised, of the pair as it is
 * @param cells along i, j, k; each axis of the augmentation's grid is a multiple
 * @returns [cells, 3] row-major, normalised, x, y, z = k, j, i
 */
export async function cellVelocity(
  velocity: HostDisplacement,
  draw: Augmentation,
  cells: Size3,
): Promise<Float32Array> {
  const { points, own, jacobians } = atCentres(draw, cells);
  const sampled = tf.tidy(() =>
    gridSample3d(
      tf.tensor5d(velocity.data, [1, ...velocity.size, 3]),
      tf.tensor5d(Float32Array.from(points), [1, ...cells, 3]),
      { padding: 'border', constantInput: true },
    ),
  );
  const along = (await sampled.data()) as Float32Array;
  sampled.dispose();
  const factor = draw.self ? 0 : draw.swap ? -draw.amplitude : draw.amplitude;
  const result = new Float32Array(along.length);
  for (let at = 0; at < result.length; at += 3) {
    const vector = [0, 1, 2].map((c) => factor * along[at + c] + own[at + c]);
    result.set(solved(jacobians.subarray(3 * at, 3 * at + 9), vector), at);
  }
  return result;
}

/** At the centre of each cell: where the augmentation takes it, the moving scan's own field there, and the Jacobian of g. */
function atCentres({ size, fixed, moving }: Augmentation, cells: Size3) {
  const count = cells[0] * cells[1] * cells[2];
  const points = new Float64Array(3 * count);
  const own = new Float64Array(3 * count);
  const jacobians = new Float64Array(9 * count);
  // A centre lies between two voxels of each axis; a single slice is its own centre.
  const edge = size.map((n, a) => n / cells[a]);
  let cell = 0;
  for (let i = 0; i < cells[0]; i++) {
    for (let j = 0; j < cells[1]; j++) {
      for (let k = 0; k < cells[2]; k++, cell++) {
        const low = [i, j, k].map((c, a) => Math.max(0, Math.ceil(c * edge[a] + edge[a] / 2) - 1));
        addCorners(low);
      }
    }
  }
  return { points, own, jacobians };

  function addCorners(low: readonly number[]): void {
    for (let corner = 0; corner < 8; corner++) {
      const upper = [corner >> 2, (corner >> 1) & 1, corner & 1];
      const [ci, cj, ck] = low.map((first, a) => Math.min(first + upper[a], size[a] - 1));
      const voxel = 3 * ((ci * size[1] + cj) * size[2] + ck);
      for (let c = 0; c < 3; c++) {
        points[3 * cell + c] += fixed[voxel + c] / 8;
        own[3 * cell + c] += (moving[voxel + c] - fixed[voxel + c]) / 8;
        // Four differences of voxels along each axis, which are 2 / n apart.
        for (let a = 0; a < 3; a++) {
          const along = 2 - a;
          const slope = ((upper[a] ? 1 : -1) * fixed[voxel + c] * size[a]) / 8;
          jacobians[9 * cell + 3 * c + along] += size[a] === 1 ? (c === along && upper[a] ? 1 / 4 : 0) : slope;
        }
      }
    }
  }
}

/** J^-1 b by Cramer's rule; b itself where J cannot be inverted. */
function solved(j: Float64Array, b: readonly number[]): number[] {
  const determinant = (column: number) => {
    const m = (row: number, c: number) => (c === column ? b[row] : j[3 * row + c]);
    return (
      m(0, 0) * (m(1, 1) * m(2, 2) - m(1, 2) * m(2, 1)) -
      m(0, 1) * (m(1, 0) * m(2, 2) - m(1, 2) * m(2, 0)) +
      m(0, 2) * (m(1, 0) * m(2, 1) - m(1, 1) * m(2, 0))
    );
  };
  const whole = determinant(-1);
  return Math.abs(whole) < 1e-6 ? [...b] : [0, 1, 2].map((column) => determinant(column) / whole);
}
