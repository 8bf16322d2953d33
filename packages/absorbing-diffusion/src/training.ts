import { Adam, Random, computeGradients, type HostTensor } from '@paired3d/nn';
import * as tf from '@tensorflow/tfjs-core';
import type { Denoiser } from './denoiser';
import { diffusionLoss, maskedCrossEntropy, type Weighting } from './loss';
import { maskAnyOrder, maskAtRandomTimes } from './masking';

/** What a training step reports. */
export interface DiffusionStepMetrics {
  /** the weighted loss */
  readonly loss: number;
  /** tokens masked in this step, of all */
  readonly maskedShare: number;
}

/** Settings of a training. */
export interface DiffusionTrainingOptions {
  readonly learningRate: number;
  readonly seed: number;
  readonly weighting: Weighting;
  /** Adam's second beta; 0.999 by default */
  readonly beta2?: number;
  /** decoupled weight decay; 0 by default */
  readonly weightDecay?: number;
}

/** Training of a `Denoiser` on token grids (paper, section 2.2). */
export class DiffusionTraining {
  private readonly adam: Adam;

  constructor(
    readonly denoiser: Denoiser,
    private readonly options: DiffusionTrainingOptions,
  ) {
    const { learningRate, beta2, weightDecay } = options;
    this.adam = new Adam(denoiser.parameters, { learningRate, beta2, weightDecay });
  }

  /** Updates so far. */
  get step(): number {
    return this.adam.step;
  }

  /**
   * One update on a batch of token grids, each of T codes. What is masked is drawn from the seed and the step.
   * @throws MissingGradientsError when TensorFlow.js has no gradients registered
   */
  async update(items: readonly ArrayLike<number>[], learningRate?: number): Promise<DiffusionStepMetrics> {
    const random = Random.of(this.options.seed, 'diffusion', 'mask', this.adam.step);
    const batch = maskAtRandomTimes(items, this.denoiser.maskId, random);
    const { loss, gradients } = computeGradients(this.denoiser.parameters, () =>
      diffusionLoss(this.denoiser, batch, this.options.weighting, random.fork('dropout')),
    );
    this.adam.apply(gradients, learningRate);
    tf.dispose([...gradients.values()]);
    const value = (await loss.data())[0];
    loss.dispose();
    return { loss: value, maskedShare: batch.masked.length / batch.ids.length };
  }

  /** The optimiser, for checkpoints. */
  state(): Promise<Map<string, HostTensor>> {
    return this.adam.state();
  }

  /** Continues from `state()`. */
  load(state: ReadonlyMap<string, HostTensor>): void {
    this.adam.load(state);
  }

  /** Frees the optimiser; the denoiser stays. */
  dispose(): void {
    this.adam.dispose();
  }
}

/**
 * The any-order bound in bits per token: for each item the number of masked tokens is uniform in 1..T, and the mean
 * cross entropy over the masked ones counts. `repeats` draws an item, fixed by the seed.
 */
export async function bitsPerToken(
  denoiser: Denoiser,
  items: readonly ArrayLike<number>[],
  { seed = 0, repeats = 4 }: { seed?: number; repeats?: number } = {},
): Promise<{ mean: number; standardError: number }> {
  const bits: number[] = [];
  for (const [index, item] of items.entries()) {
    for (let repeat = 0; repeat < repeats; repeat++) {
      const batch = maskAnyOrder([item], denoiser.maskId, Random.of(seed, 'bits', index, repeat));
      const mean = tf.tidy(() => tf.mean(maskedCrossEntropy(denoiser, batch)));
      bits.push((await mean.data())[0] / Math.LN2);
      mean.dispose();
    }
  }
  const mean = bits.reduce((sum, b) => sum + b, 0) / bits.length;
  const variance = bits.reduce((sum, b) => sum + (b - mean) ** 2, 0) / Math.max(1, bits.length - 1);
  return { mean, standardError: Math.sqrt(variance / bits.length) };
}
