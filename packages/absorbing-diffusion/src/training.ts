import {
  Random,
  computeGradients,
  optimiserOf,
  stepOverSamples,
  type HostTensor,
  type Optimiser,
  type OptimiserName,
  type OrthogonaliseAll,
  type SampleGradients,
} from '@paired3d/nn';
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
  /**
   * what has a time of its own: the pair (the paper, by default), or each of its images, so that one of them can be sampled
   * given the other
   */
  readonly times?: 'pair' | 'image';
  /** 'adam' by default; 'muon' moves the matrices between embeddings and head by Muon, the rest by Adam */
  readonly optimiser?: OptimiserName;
  /** Adam's second beta; 0.999 by default */
  readonly beta2?: number;
  /** decoupled weight decay; 0 by default */
  readonly weightDecay?: number;
}

/** Training of a `Denoiser` on token grids (paper, section 2.2). */
export class DiffusionTraining {
  private readonly optimiser: Optimiser;

  constructor(
    readonly denoiser: Denoiser,
    private readonly options: DiffusionTrainingOptions,
  ) {
    const { optimiser, learningRate, beta2, weightDecay } = options;
    const hidden = (name: string) => denoiser.isHidden(name);
    this.optimiser = optimiserOf(optimiser, denoiser.parameters, { learningRate, beta2, weightDecay, hidden });
  }

  /** Updates so far. */
  get step(): number {
    return this.optimiser.step;
  }

  /**
   * What a token grid of T codes gives to a step. What is masked and dropped out is drawn from the seed, the step and the
   * sample's index in the batch. Its facts are `terms` [loss, share of tokens that are masked].
   * @throws MissingGradientsError when TensorFlow.js has no gradients registered
   */
  gradients(item: ArrayLike<number>, { step, index }: { step: number; index: number }): SampleGradients {
    const random = Random.of(this.options.seed, 'diffusion', 'mask', step, index);
    const { maskId, present } = this.denoiser;
    const ofImages = this.options.times === 'image';
    const parts = ofImages ? this.images(item) : [item];
    const batch = maskAtRandomTimes(parts, maskId, random, { present: ofImages ? present : [present.flat()] });
    const { loss, gradients } = computeGradients(this.denoiser.parameters, () =>
      diffusionLoss(this.denoiser, batch, this.options.weighting, random.fork('dropout')),
    );
    const masked = batch.masked.length / batch.counts.reduce((sum, count) => sum + count, 0);
    const terms = tf.tidy(() => tf.stack([loss, tf.scalar(masked)]));
    loss.dispose();
    return { gradients, facts: { terms } };
  }

  /** The tokens of each image of a grid. */
  private images(item: ArrayLike<number>): number[][] {
    const [images] = this.denoiser.config.grid;
    const length = item.length / images;
    return Array.from({ length: images }, (_, i) => Array.from(item).slice(i * length, (i + 1) * length));
  }

  /**
   * One update with the mean of the samples' gradients. Disposes neither.
   * @param orthogonalise does the costly part of Muon, perhaps on several threads
   */
  async apply(
    gradients: ReadonlyMap<string, tf.Tensor>,
    facts: readonly SampleGradients['facts'][],
    learningRate?: number,
    orthogonalise?: OrthogonaliseAll,
  ): Promise<DiffusionStepMetrics> {
    await this.optimiser.apply(gradients, learningRate, orthogonalise);
    const terms = await Promise.all(facts.map((sample) => sample.terms.data()));
    const mean = (term: number) => terms.reduce((sum, values) => sum + values[term], 0) / terms.length;
    return { loss: mean(0), maskedShare: mean(1) };
  }

  /**
   * One update on a batch of token grids, each of T codes, sample by sample: its loss is the mean of the samples' losses.
   * @throws MissingGradientsError when TensorFlow.js has no gradients registered
   */
  async update(items: readonly ArrayLike<number>[], learningRate?: number): Promise<DiffusionStepMetrics> {
    const { step } = this;
    return stepOverSamples(
      items.length,
      (index) => this.gradients(items[index], { step, index }),
      (gradients, facts) => this.apply(gradients, facts, learningRate),
    );
  }

  /** The optimiser, for checkpoints. */
  state(): Promise<Map<string, HostTensor>> {
    return this.optimiser.state();
  }

  /** Continues from `state()`. */
  load(state: ReadonlyMap<string, HostTensor>): void {
    this.optimiser.load(state);
  }

  /** Frees the optimiser; the denoiser stays. */
  dispose(): void {
    this.optimiser.dispose();
  }
}

/**
 * The any-order bound in bits per token: the number of masked tokens is uniform in 1..T, and the mean cross entropy over the
 * masked ones counts. `repeats` draws an item, fixed by the seed.
 * @returns the mean, and its standard error over the items: draws of one item are not independent (of one alone, over them)
 */
export async function bitsPerToken(
  denoiser: Denoiser,
  items: readonly ArrayLike<number>[],
  { seed = 0, repeats = 4 }: { seed?: number; repeats?: number } = {},
): Promise<{ mean: number; standardError: number }> {
  const ofItems: number[] = [];
  let draws: number[] = [];
  for (const [index, item] of items.entries()) {
    draws = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      const random = Random.of(seed, 'bits', index, repeat);
      const batch = maskAnyOrder([item], denoiser.maskId, random, [denoiser.present.flat()]);
      const nats = tf.tidy(() => tf.mean(maskedCrossEntropy(denoiser, batch)));
      draws.push((await nats.data())[0] / Math.LN2);
      nats.dispose();
    }
    ofItems.push(average(draws));
  }
  const scored = items.length > 1 ? ofItems : draws;
  const mean = average(scored);
  const variance = scored.reduce((sum, bits) => sum + (bits - mean) ** 2, 0) / Math.max(1, scored.length - 1);
  return { mean, standardError: Math.sqrt(variance / scored.length) };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
