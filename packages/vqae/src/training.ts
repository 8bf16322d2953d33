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
import { embedding, weightedCrossEntropy } from '@paired3d/ops';
import * as tf from '@tensorflow/tfjs-core';
import { EmaCodebook } from './emaCodebook';
import { foregroundOf, separate, type VqAutoencoder } from './model';
import { meanSquare, stopGradient, straightThrough } from './straightThrough';

/** What a training step reports. */
export interface VqaeStepMetrics {
  /** the whole loss */
  readonly loss: number;
  /** codebook (or commitment) loss, before its weight */
  readonly codebookLoss: number;
  /** overlap of reconstruction and input, both thresholded at one half */
  readonly dice: number;
  /** different codes used in this step */
  readonly codesUsed: number;
}

/** Before the names of the optimiser's state: those of Adam's first checkpoints. */
const OPTIMISER = 'adam.';

/**
 * Training of a `VqAutoencoder`: reconstruction by class-weighted cross entropy of both images, averaged, plus the
 * codebook loss (paper, section 2.1 and its code: 0.1 (mean (sg[z_q]-z)^2 + beta mean (z_q-sg[z])^2)).
 */
export class VqaeTraining {
  private readonly optimiser: Optimiser;
  private readonly ema: EmaCodebook | undefined;

  constructor(
    readonly model: VqAutoencoder,
    private readonly options: {
      readonly learningRate: number;
      readonly seed: number;
      /** 'adam' by default; 'muon' moves the matrices between images, latents and logits by Muon, the rest by Adam */
      readonly optimiser?: OptimiserName;
    },
  ) {
    const { optimiser, learningRate } = options;
    const hidden = (name: string) => model.isHidden(name);
    this.optimiser = optimiserOf(optimiser, model.parameters, { learningRate, hidden });
    const { quantizer, codes, codeDim } = model.config;
    this.ema = quantizer.kind === 'ema' ? new EmaCodebook(quantizer, codes, codeDim) : undefined;
  }

  /** Updates so far. */
  get step(): number {
    return this.optimiser.step;
  }

  /** False until the codes can be used: codes that are moving averages start at latents. */
  get initialised(): boolean {
    return !this.ema || this.ema.initialised;
  }

  /** Draws the first codes from the latents of pairs [1, D, H, W, 2 labels], those of the first step. */
  async initialise(pairs: readonly tf.Tensor5D[]): Promise<void> {
    const latents: Float32Array[] = [];
    for (const pair of pairs) {
      const encoded = this.model.encode(pair);
      latents.push((await encoded.data()) as Float32Array);
      encoded.dispose();
    }
    this.setCodebook(this.ema!.initialise(joined(Float32Array, latents), this.random('initialise')));
  }

  /**
   * What a sample, a pair [1, D, H, W, 2 labels], gives to a step. Its facts are `codes` int32 [n], `latents` [n, codeDim] and
   * `terms` [loss, codebook loss, Dice].
   * @throws MissingGradientsError when TensorFlow.js has no gradients registered
   */
  gradients(pair: tf.Tensor5D): SampleGradients {
    const facts: Record<string, tf.Tensor> = {};
    const { loss, gradients } = computeGradients(this.model.parameters, () => {
      const { total, codebookLoss, dice, latents, codes } = this.loss(pair);
      facts.latents = tf.keep(tf.reshape(latents, [-1, this.model.config.codeDim]));
      facts.codes = tf.keep(tf.clone(codes));
      facts.terms = tf.keep(tf.stack([total, codebookLoss, dice]));
      return total;
    });
    loss.dispose();
    return { gradients, facts };
  }

  /**
   * One update with the mean of the samples' gradients, and of the moving averages with all their latents. Disposes neither.
   * @param orthogonalise does the costly part of Muon, perhaps on several threads
   */
  async apply(
    gradients: ReadonlyMap<string, tf.Tensor>,
    facts: readonly SampleGradients['facts'][],
    learningRate = this.options.learningRate,
    orthogonalise?: OrthogonaliseAll,
  ): Promise<VqaeStepMetrics> {
    await this.optimiser.apply(gradients, learningRate, orthogonalise);
    const read = (name: string) => Promise.all(facts.map((sample) => sample[name].data()));
    const codes = joined(Int32Array, (await read('codes')) as Int32Array[]);
    if (this.ema) {
      const latents = joined(Float32Array, (await read('latents')) as Float32Array[]);
      this.setCodebook(this.ema.update(latents, codes, this.random('restart')));
    }
    const terms = await read('terms');
    const mean = (term: number) => terms.reduce((sum, values) => sum + values[term], 0) / terms.length;
    return { loss: mean(0), codebookLoss: mean(1), dice: mean(2), codesUsed: new Set(codes).size };
  }

  /**
   * One update on a batch of pairs [B, D, H, W, 2 labels], sample by sample: its loss is the mean of the samples' losses, each
   * normalised by its own weights.
   * @throws MissingGradientsError when TensorFlow.js has no gradients registered
   */
  async update(batch: tf.Tensor5D, learningRate?: number): Promise<VqaeStepMetrics> {
    const pairs = tf.split(batch, batch.shape[0]) as tf.Tensor5D[];
    try {
      if (!this.initialised) await this.initialise(pairs);
      return await stepOverSamples(
        pairs.length,
        (index) => this.gradients(pairs[index]),
        (gradients, facts) => this.apply(gradients, facts, learningRate),
      );
    } finally {
      tf.dispose(pairs);
    }
  }

  /** The loss and its parts for a batch of pairs; differentiable. */
  loss(pair: tf.Tensor5D) {
    const { model } = this;
    const { config } = model;
    const latents = model.encode(pair);
    const codes = model.quantize(latents);
    const quantized = tf.reshape(embedding(model.codebook, codes), latents.shape) as tf.Tensor5D;
    const logits = model.decode(straightThrough(latents, stopGradient(quantized)));
    const foreground = tf.reshape(model.images === 1 ? pair : separate(pair), [-1, model.labels]) as tf.Tensor2D;
    const background = tf.sub(1, model.labels === 1 ? foreground : tf.sum(foreground, 1, true));
    const targets = tf.concat([background, foreground], 1) as tf.Tensor2D;
    const reconstruction = this.reconstructionLoss(logits, targets);
    const commitment = meanSquare(stopGradient(quantized), latents);
    const { quantizer } = config;
    const codebookLoss =
      quantizer.kind === 'gradient'
        ? tf.add(commitment, tf.mul(quantizer.beta, meanSquare(quantized, stopGradient(latents))))
        : commitment;
    let total = reconstruction;
    // Codes on a lattice stay where they are, and latents cannot leave its box.
    if (quantizer.kind !== 'fsq') total = tf.add(total, tf.mul(config.codebookWeight, codebookLoss));
    const probabilities = foregroundOf(logits, model.labels);
    if (config.diceWeight > 0) {
      const loss = softDiceLoss(probabilities, foreground, config.diceSquares);
      total = tf.add(total, tf.mul(config.diceWeight, loss));
    }
    const dice = thresholdedDice(probabilities, foreground);
    return { total, codebookLoss: codebookLoss as tf.Scalar, dice, latents, codes };
  }

  /** Weighted cross entropy of fixed and of moving, each normalised by its own weights, averaged. */
  private reconstructionLoss(logits: tf.Tensor5D, targets: tf.Tensor2D): tf.Scalar {
    const { config, images, labels } = this.model;
    const [background, foreground] = config.classWeights;
    const weights = tf.tensor1d([background, ...new Array<number>(labels).fill(foreground)]);
    const classes = labels + 1;
    const rows = tf.reshape(logits, [-1, classes]) as tf.Tensor2D;
    if (images === 2) return weightedCrossEntropy(rows, targets, weights);
    // Joint coding interleaves the images: row 2i is the fixed, row 2i + 1 the moving one.
    const image = (x: tf.Tensor2D, index: number) =>
      tf.slice(tf.reshape(x, [-1, 2 * classes]), [0, classes * index], [-1, classes]) as tf.Tensor2D;
    const each = [0, 1].map((i) => weightedCrossEntropy(image(rows, i), image(targets, i), weights));
    return tf.mul(0.5, tf.add(each[0], each[1]));
  }

  /** Optimiser and moving averages, for checkpoints; the weights are the model's own state. */
  async state(): Promise<Map<string, HostTensor>> {
    const state = new Map<string, HostTensor>();
    for (const [name, tensor] of await this.optimiser.state()) state.set(OPTIMISER + name, tensor);
    for (const [name, tensor] of this.ema?.state() ?? []) state.set(name, tensor);
    return state;
  }

  /** Continues from `state()`. */
  load(state: ReadonlyMap<string, HostTensor>): void {
    const ofOptimiser = [...state].filter(([name]) => name.startsWith(OPTIMISER));
    this.optimiser.load(new Map(ofOptimiser.map(([name, tensor]) => [name.slice(OPTIMISER.length), tensor])));
    this.ema?.load(state);
  }

  /** Frees the optimiser; the model stays. */
  dispose(): void {
    this.optimiser.dispose();
  }

  private random(what: string): Random {
    return Random.of(this.options.seed, 'vqae', what, this.optimiser.step);
  }

  private setCodebook(values: Float32Array): void {
    tf.tidy(() => this.model.codebook.assign(tf.tensor2d(values, this.model.codebook.shape)));
  }
}

/** Arrays behind each other. */
function joined<T extends Float32Array | Int32Array>(type: new (length: number) => T, arrays: readonly T[]): T {
  const all = new type(arrays.reduce((length, array) => length + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}

/**
 * 1 - 2 Σ p t / (Σ p + Σ t), or with squares 1 - 2 Σ p t / (Σ p² + Σ t²) (Milletari et al., 2016): sums over the voxels [N, labels],
 * averaged over the labels.
 */
function softDiceLoss(p: tf.Tensor2D, target: tf.Tensor2D, squares = false): tf.Scalar {
  const both = tf.sum(tf.mul(p, target), 0);
  const [sumP, sumT] = [p, target].map((x) => tf.sum(squares ? tf.square(x) : x, 0));
  const each = tf.div(tf.mul(2, both), tf.add(tf.add(sumP, sumT), 1e-6));
  return tf.sub(1, tf.mean(each));
}

/** Dice of probabilities and targets [N, labels] above one half, averaged over the labels; 1 for one that is in neither. */
function thresholdedDice(p: tf.Tensor2D, target: tf.Tensor2D): tf.Scalar {
  const [a, b] = [p, target].map((x) => tf.cast(tf.greater(x, 0.5), 'float32'));
  const both = tf.add(tf.mul(2, tf.sum(tf.mul(a, b), 0)), 1e-8);
  return tf.mean(tf.div(both, tf.add(tf.add(tf.sum(a, 0), tf.sum(b, 0)), 1e-8)));
}
