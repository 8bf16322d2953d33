import { Adam, Random, computeGradients, type HostTensor } from '@paired3d/nn';
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

  /**
   * One update on a batch of pairs [B, D, H, W, 2].
   * @throws MissingGradientsError when TensorFlow.js has no gradients registered
   */
  async update(pair: tf.Tensor5D, learningRate = this.options.learningRate): Promise<VqaeStepMetrics> {
    if (this.ema && !this.ema.initialised) await this.initialiseCodes(pair);
    const kept: { codes?: tf.Tensor; latents?: tf.Tensor; terms?: tf.Tensor } = {};
    const { loss, gradients } = computeGradients(this.model.parameters, () => {
      const { total, codebookLoss, dice, latents, codes } = this.loss(pair);
      kept.latents = tf.keep(tf.clone(latents));
      kept.codes = tf.keep(tf.clone(codes));
      kept.terms = tf.keep(tf.stack([codebookLoss, dice]));
      return total;
    });
    this.adam.apply(gradients, learningRate);
    tf.dispose([...gradients.values()]);
    const [lossValue, terms, codes] = await Promise.all([loss.data(), kept.terms!.data(), kept.codes!.data()]);
    if (this.ema) {
      const latents = (await kept.latents!.data()) as Float32Array;
      this.setCodebook(this.ema.update(latents, codes as Int32Array, this.random('restart')));
    }
    tf.dispose([loss, kept.latents!, kept.codes!, kept.terms!]);
    return { loss: lossValue[0], codebookLoss: terms[0], dice: terms[1], codesUsed: new Set(codes).size };
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
    let total = tf.add(reconstruction, tf.mul(config.codebookWeight, codebookLoss)) as tf.Scalar;
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

  private async initialiseCodes(pair: tf.Tensor5D): Promise<void> {
    const latents = this.model.encode(pair);
    this.setCodebook(this.ema!.initialise((await latents.data()) as Float32Array, this.random('initialise')));
    latents.dispose();
  }

  private random(what: string): Random {
    return Random.of(this.options.seed, 'vqae', what, this.adam.step);
  }

  private setCodebook(values: Float32Array): void {
    tf.tidy(() => this.model.codebook.assign(tf.tensor2d(values, this.model.codebook.shape)));
  }
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
