import type * as tf from '@tensorflow/tfjs-core';

/** The two directions of a registration, [B, D, H, W, 3] each, normalised, x, y, z = W, H, D axis. */
export interface Displacements {
  /** Lives on the moving grid and pulls the fixed image: k_moving + forward(k_moving) ~ k_fixed. */
  readonly forward: tf.Tensor5D;
  /** Lives on the fixed grid and pulls the moving image. */
  readonly backward: tf.Tensor5D;
}

/** What one network makes of a pair. */
export interface StepResult extends Displacements {
  /** Smoothed velocity on the pooled grid [B, d, h, w, 3]; the backward one is its negative. */
  readonly velocity: tf.Tensor5D;
  /** fixed o (id + forward), to be compared with moving. */
  readonly warpedFixed: tf.Tensor5D;
  /** moving o (id + backward), to be compared with fixed. */
  readonly warpedMoving: tf.Tensor5D;
}

/** Loss of one network: total = similarity + regularisation * regularity, each summed over both directions. */
export interface StepLoss {
  readonly total: number;
  readonly similarity: number;
  readonly regularity: number;
}

/** Options of {@link RegistrationNetwork.adaptToPair}. */
export interface AdaptOptions {
  /** The field is that of iteration `iterations`, before its update; 50 by default. */
  readonly iterations?: number;
  /** 0.005 by default */
  readonly learningRate?: number;
  /** Told, and waited for, after each update, `iteration` from 1. */
  readonly onIteration?: (progress: {
    iteration: number;
    iterations: number;
    losses: readonly StepLoss[];
  }) => void | Promise<void>;
  /** Stops the adaptation: it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}
