import {
  dice,
  foldedPercentage,
  inverseConsistencyError,
  readDisplacement,
  targetRegistrationError,
  warp,
  type Displacements,
  type HostDisplacement,
  type HostDisplacements,
} from '@paired3d/registration';
import { resize3d } from '@paired3d/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Landmarks, PreparedPair, Size3 } from '../data/types';

/** How one method registered one pair. */
export interface MethodResult {
  /** mm, one for each landmark */
  readonly cropped?: readonly number[];
  readonly exact?: readonly number[];
  /** overlap of the fixed image and the moving one warped onto it */
  readonly dice: number;
  /** percentage of folded voxels */
  readonly folding: number;
  /** mm, mean */
  readonly inverseConsistency: number;
  /** mm, mean over the moving image's foreground: how far from where instance optimisation takes a point */
  readonly fromOptimised?: number;
}

/** Errors, overlap and regularity of a registration; `image` is the moving image on the fixed grid. */
export async function scorePair(
  pair: Pick<PreparedPair, 'extent' | 'landmarks'>,
  images: { fixed: tf.Tensor5D; moving: tf.Tensor5D },
  displacements: Displacements,
  diceThreshold: number,
): Promise<{ result: MethodResult; image: Float32Array }> {
  const forward = await readDisplacement(displacements.forward);
  const backward = await readDisplacement(displacements.backward);
  return scoreDisplacements(pair, images, { forward, backward }, diceThreshold);
}

/** The same of displacements on the host, whose grids may be coarser than the images'. */
export async function scoreDisplacements(
  { extent, landmarks }: Pick<PreparedPair, 'extent' | 'landmarks'>,
  images: { fixed: tf.Tensor5D; moving: tf.Tensor5D },
  { forward, backward }: HostDisplacements,
  diceThreshold: number,
): Promise<{ result: MethodResult; image: Float32Array }> {
  const half = extent.map((mm) => mm / 2) as unknown as Size3;
  const [, d, h, w, labels] = images.moving.shape;
  const warped = tf.tidy(() => {
    const displacement = tf.tensor5d(backward.data, [1, ...backward.size, 3]);
    return warp(images.moving, resize3d(displacement, [d, h, w]));
  });
  const [image, fixed] = (await Promise.all([warped.data(), images.fixed.data()])) as Float32Array[];
  warped.dispose();
  const errors = (points: Landmarks | undefined) => points && landmarkErrors(forward, points, half);
  const result = {
    cropped: errors(landmarks?.cropped),
    exact: errors(landmarks?.exact),
    dice: dice(fixed, image, diceThreshold, labels),
    folding: foldedPercentage(forward),
    inverseConsistency: inverseConsistencyError(forward, backward, half),
  };
  return { result, image };
}

function landmarkErrors(forward: HostDisplacement, { fixed, moving }: Landmarks, half: Size3): number[] {
  return Array.from(targetRegistrationError(forward, fixed, moving, half));
}

/**
 * Mean distance in mm between where two registrations take the points of the moving image's foreground: with the field of a
 * good registration as `reference`, an error for pairs without landmarks.
 * @param moving [1, D, H, W, C]; its voxels above `threshold` count, in any channel
 * @returns NaN when there is no foreground
 */
export async function meanDistance(
  forward: HostDisplacement,
  reference: HostDisplacement,
  moving: tf.Tensor5D,
  { extent, threshold }: { extent: Size3; threshold: number },
): Promise<number> {
  const size = moving.shape.slice(1, 4) as [number, number, number];
  const distance = tf.tidy(() => {
    const [a, b] = [forward, reference].map(({ data, size: own }) => resize3d(tf.tensor5d(data, [1, ...own, 3]), size));
    // Components are x, y, z = k, j, i.
    const millimetres = tf.mul(
      tf.sub(a, b),
      [...extent].reverse().map((mm) => mm / 2),
    );
    const foreground = tf.cast(tf.greater(tf.max(moving, 4, true), threshold), 'float32');
    const lengths = tf.sqrt(tf.sum(tf.square(millimetres), 4, true));
    return tf.div(tf.sum(tf.mul(lengths, foreground)), tf.sum(foreground));
  });
  const [value] = await distance.data();
  distance.dispose();
  return value;
}
