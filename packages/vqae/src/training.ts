import { Adam, Random, computeGradients, stepOverSamples, type HostTensor, type SampleGradients } from '@paired3d/nn';
import { embedding, weightedCrossEntropy } from '@paired3d/ops';
import * as tf from '@tensorflow/tfjs-core';
import { EmaCodebook } from './emaCodebook';
import { separate, type VqAutoencoder } from './model';
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

/**
 * Training of a `VqAutoencoder`: reconstruction by class-weighted cross entropy of both images, averaged, plus the
 * codebook loss (paper, section 2.1 and its code: 0.1 (mean (sg[z_q]-z)^2 + beta mean (z_q-sg[z])^2)).
 */
export class VqaeTraining {
  private readonly adam: Adam;
  private readonly ema: EmaCodebook | undefined;

  constructor(
    readonly model: VqAutoencoder,
    private readonly options: { readonly learningRate: number; readonly seed: number },
  ) {
    this.adam = new Adam(model.parameters, { learningRate: options.learningRate });
    const { quantizer, codes, codeDim } = model.config;
    this.ema = quantizer.kind === 'ema' ? new EmaCodebook(quantizer, codes, codeDim) : undefined;
  }

  /** Updates so far. */
  get step(): number {
    return this.adam.step;
  }

  /** False until the codes can be used: codes that are moving averages start at latents. */
  get initialised(): boolean {
    return !this.ema || this.ema.initialised;
  }

  /** Draws the first codes from the latents of pairs [1, D, H, W, 2], those of the first step. */
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
   * What a sample, a pair [1, D, H, W, 2], gives to a step. Its facts are `codes` int32 [n], `latents` [n, codeDim] and
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
   * One update: Adam with the mean of the samples' gradients, and the moving averages with all their latents. Disposes
   * neither.
   */
  async apply(
    gradients: ReadonlyMap<string, tf.Tensor>,
    facts: readonly SampleGradients['facts'][],
    learningRate = this.options.learningRate,
  ): Promise<VqaeStepMetrics> {
    this.adam.apply(gradients, learningRate);
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
   * One update on a batch of pairs [B, D, H, W, 2], sample by sample: its loss is the mean of the samples' losses, each
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
    const foreground = tf.reshape(model.images === 1 ? pair : separate(pair), [-1, 1]) as tf.Tensor2D;
    const targets = tf.concat([tf.sub(1, foreground), foreground], 1) as tf.Tensor2D;
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
    if (config.diceWeight > 0) total = tf.add(total, tf.mul(config.diceWeight, softDiceLoss(logits, foreground)));
    const dice = thresholdedDice(logits, foreground);
    return { total, codebookLoss: codebookLoss as tf.Scalar, dice, latents, codes };
  }

  /** Weighted cross entropy of fixed and of moving, each normalised by its own weights, averaged. */
  private reconstructionLoss(logits: tf.Tensor5D, targets: tf.Tensor2D): tf.Scalar {
    const weights = tf.tensor1d([...this.model.config.classWeights]);
    const rows = tf.reshape(logits, [-1, 2]) as tf.Tensor2D;
    if (this.model.images === 2) return weightedCrossEntropy(rows, targets, weights);
    // Joint coding interleaves the images: row 2i is the fixed, row 2i + 1 the moving one.
    const image = (x: tf.Tensor2D, index: number) =>
      tf.slice(tf.reshape(x, [-1, 4]), [0, 2 * index], [-1, 2]) as tf.Tensor2D;
    const each = [0, 1].map((i) => weightedCrossEntropy(image(rows, i), image(targets, i), weights));
    return tf.mul(0.5, tf.add(each[0], each[1]));
  }

  /** Optimiser and moving averages, for checkpoints; the weights are the model's own state. */
  async state(): Promise<Map<string, HostTensor>> {
    const state = new Map<string, HostTensor>();
    for (const [name, tensor] of await this.adam.state()) state.set(`adam.${name}`, tensor);
    for (const [name, tensor] of this.ema?.state() ?? []) state.set(name, tensor);
    return state;
  }

  /** Continues from `state()`. */
  load(state: ReadonlyMap<string, HostTensor>): void {
    const adam = [...state].filter(([name]) => name.startsWith('adam.'));
    this.adam.load(new Map(adam.map(([name, tensor]) => [name.slice('adam.'.length), tensor])));
    this.ema?.load(state);
  }

  /** Frees the optimiser; the model stays. */
  dispose(): void {
    this.adam.dispose();
  }

  private random(what: string): Random {
    return Random.of(this.options.seed, 'vqae', what, this.adam.step);
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

/** Foreground probability of logits [..., 2], as [N, 1]. */
function foregroundOf(logits: tf.Tensor5D): tf.Tensor2D {
  const rows = tf.reshape(logits, [-1, 2]);
  return tf.sigmoid(tf.sub(tf.slice(rows, [0, 1], [-1, 1]), tf.slice(rows, [0, 0], [-1, 1]))) as tf.Tensor2D;
}

/** 1 - 2 Σ p t / (Σ p + Σ t) (Milletari et al., 2016). */
function softDiceLoss(logits: tf.Tensor5D, target: tf.Tensor2D): tf.Scalar {
  const p = foregroundOf(logits);
  return tf.sub(1, tf.div(tf.mul(2, tf.sum(tf.mul(p, target))), tf.add(tf.add(tf.sum(p), tf.sum(target)), 1e-6)));
}

function thresholdedDice(logits: tf.Tensor5D, target: tf.Tensor2D): tf.Scalar {
  const a = tf.cast(tf.greater(foregroundOf(logits), 0.5), 'float32');
  const b = tf.cast(tf.greater(target, 0.5), 'float32');
  return tf.div(tf.mul(2, tf.sum(tf.mul(a, b))), tf.add(tf.add(tf.sum(a), tf.sum(b)), 1e-8));
}
