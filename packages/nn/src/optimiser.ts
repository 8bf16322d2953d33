import type * as tf from '@tensorflow/tfjs-core';
import type { HostTensor } from './hostTensor';
import type { OrthogonaliseAll } from './orthogonalise';

/** What changes the weights of a model, step by step, by their gradients. */
export interface Optimiser {
  /** Updates so far. */
  readonly step: number;
  /**
   * One update; parameters without a gradient are left alone. Does not dispose the gradients.
   * @param learningRate replaces the one of the options, for schedules
   * @param orthogonalise does the costly part of Muon, perhaps on several threads
   */
  apply(
    gradients: ReadonlyMap<string, tf.Tensor>,
    learningRate?: number,
    orthogonalise?: OrthogonaliseAll,
  ): void | Promise<void>;
  /** What it must know to go on bit for bit, on the host. */
  state(): Promise<Map<string, HostTensor>>;
  /**
   * Continues from a saved state.
   * @throws NnError when the state does not belong to these parameters; nothing is changed then
   */
  load(state: ReadonlyMap<string, HostTensor>): void;
  /** Frees the state; the parameters stay. */
  dispose(): void;
}
