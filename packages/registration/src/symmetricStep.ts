import * as tf from '@tensorflow/tfjs-core';
import { exponentialField, resize3d, warp3d } from '@paired3d/ops';
import type { Layer } from '@paired3d/nn';
import { concatChannels } from './concatChannels';
import type { RegistrationConfig } from './config';
import { Regulariser } from './regulariser';
import { SIMILARITIES } from './similarity';
import { Smoothing } from './smoothing';

/**
 * The images of a pair, both ways round along the batch: `sources` [fixed; moving] is pulled by the displacements
 * [forward; backward] and compared with `targets` [moving; fixed]. One pass of each operation then serves both directions.
 */
export interface Pair {
  readonly sources: tf.Tensor5D;
  readonly targets: tf.Tensor5D;
}

/** Both directions of what lies along the batch. */
export const halves = (x: tf.Tensor5D) => tf.split(x, 2, 0) as [tf.Tensor5D, tf.Tensor5D];

/** The pair of two batches of images. */
export function pairOf(fixed: tf.Tensor5D, moving: tf.Tensor5D): Pair {
  return { sources: tf.concat([fixed, moving], 0), targets: tf.concat([moving, fixed], 0) };
}

/**
 * The equations of one step, which all networks of a configuration share; a network itself is passed in. Results belong
 * to the caller's `tidy`.
 */
export class SymmetricStep {
  private readonly smoothing: Smoothing;
  private readonly regulariser: Regulariser;

  constructor(private readonly config: RegistrationConfig) {
    this.smoothing = new Smoothing(config);
    const grid = config.integrateAt === 'image' ? config.size : this.smoothing.grid;
    this.regulariser = new Regulariser(config.regulariser, grid, config.size);
  }

  /**
   * v = smooth(s tanh(net(f, m)) - s tanh(net(m, f))) on the pooled grid, [B, d, h, w, 3]; normalised. Both directions
   * come from one pass over the batch [(f, m); (m, f)].
   */
  velocity(net: Layer<tf.Tensor5D>, { sources, targets }: Pair): tf.Tensor5D {
    const raw = net(concatChannels(sources, targets));
    // tanh(a) - tanh(b) = 2 (sigmoid(2a) - sigmoid(2b)), which the wasm backend computes ten times faster.
    const [there, back] = halves(this.smoothing.apply(tf.sigmoid(tf.add<tf.Tensor5D>(raw, raw))));
    const velocity: tf.Tensor5D = tf.mul(tf.sub(there, back), 2 * this.config.velocityScale);
    if (this.config.spatialDims === 3) return velocity;
    const [batch, depth, height, width] = velocity.shape;
    return tf.concat([velocity, tf.zeros<tf.Rank.R5>([batch, depth, height, width, 1])], 4);
  }

  /**
   * exp(±velocity) along the batch: `displacements` [2B, ...size, 3] for the images, and `integrated`, the same
   * on the grid where it was integrated, for the regulariser.
   */
  integrate(velocity: tf.Tensor5D): { integrated: tf.Tensor5D; displacements: tf.Tensor5D } {
    const { size, integrateAt, integrationSteps } = this.config;
    const both = tf.concat([velocity, tf.neg(velocity)], 0);
    const upsample = (field: tf.Tensor5D) => resize3d(field, [...size]);
    const integrated = exponentialField(integrateAt === 'grid' ? both : upsample(both), integrationSteps);
    return { integrated, displacements: integrateAt === 'grid' ? upsample(integrated) : integrated };
  }

  /** The loss of one network; `parts` is [total, similarity, regularity]. */
  loss(net: Layer<tf.Tensor5D>, pair: Pair): { velocity: tf.Tensor5D; total: tf.Scalar; parts: tf.Tensor1D } {
    const velocity = this.velocity(net, pair);
    const { integrated, displacements } = this.integrate(velocity);
    // Both are means over the two directions, which the paper adds up.
    const similarity = tf.mul(
      2,
      SIMILARITIES[this.config.similarity](warp3d(pair.sources, displacements), pair.targets),
    );
    const regularity = tf.mul(2, this.regulariser.penalty(integrated));
    const total = tf.add(similarity, tf.mul(this.config.regularisation, regularity)) as tf.Scalar;
    return { velocity, total, parts: tf.stack([total, similarity, regularity]) as tf.Tensor1D };
  }

  /** The pair warped half way towards each other, f o exp(v/2) and m o exp(-v/2), and the displacements that do it. */
  halfWay({ sources }: Pair, velocity: tf.Tensor5D): { pair: Pair; displacements: tf.Tensor5D } {
    const { displacements } = this.integrate(tf.mul(velocity, 0.5));
    const [fixed, moving] = halves(warp3d(sources, displacements));
    return { pair: pairOf(fixed, moving), displacements };
  }

  /** Frees the constants. */
  dispose(): void {
    this.smoothing.dispose();
    this.regulariser.dispose();
  }
}
