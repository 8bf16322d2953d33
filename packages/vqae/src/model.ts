import { Parameters, Random, loadStateDict, stateDict, uniform, type HostTensor } from '@paired3d/nn';
import { embedding, nearestCode } from '@paired3d/ops';
import * as tf from '@tensorflow/tfjs-core';
import { VqaeError, cellSize, validateConfig, type VqaeConfig } from './config';
import type { Autoencoder } from './autoencoder';
import { lattice } from './lattice';
import { autoencoder } from './network';

/** Size of a grid along the tensor's spatial axes. */
export type Size3 = readonly [number, number, number];

/**
 * Vector-quantised autoencoder of pairs (van den Oord et al., 2017; the paper's section 2.1).
 *
 * A pair is a tensor [B, D, H, W, 2 labels]: the probabilities of the foreground labels (one, unless `config.labels` says
 * otherwise) in the fixed image, then in the moving one. Its tokens are int32 [B, images, d, h, w]: `images` is 1 when
 * coded jointly and 2 when fixed and moving are coded separately, and each token stands for a block of `cellSize` voxels
 * an axis. Results are the caller's to dispose.
 */
export class VqAutoencoder {
  /** Weights: the network's under MONAI's or our names, and `codebook.weight` [codes, codeDim]. */
  readonly parameters: Parameters;
  readonly codebook: tf.Variable<tf.Rank.R2>;
  private readonly network: Autoencoder;

  /** @throws VqaeError when the configuration is not valid */
  constructor(
    readonly config: VqaeConfig,
    seed = 0,
  ) {
    validateConfig(config);
    this.parameters = new Parameters(Random.of(seed, 'vqae'));
    this.network = autoencoder(this.parameters, config);
    // The paper's initial codes: uniform in ±1/codes.
    this.codebook = this.parameters
      .scope('codebook')
      .add('weight', [config.codes, config.codeDim], uniform(1 / config.codes)) as tf.Variable<tf.Rank.R2>;
    if (config.quantizer.kind === 'fsq') {
      const { levels } = config.quantizer;
      tf.tidy(() => this.codebook.assign(tf.tensor2d(lattice(levels), this.codebook.shape)));
      this.codebook.trainable = false;
    }
  }

  /** Whether a weight is one that Muon moves: those of the layers between images, latents and logits. */
  isHidden(name: string): boolean {
    return !['codebook', ...this.network.ends].some((scope) => name.startsWith(`${scope}.`));
  }

  /** Tokens for a cell: 1 when coded jointly, 2 when separately. */
  get images(): 1 | 2 {
    return this.config.coding === 'joint' ? 1 : 2;
  }

  /** Foreground labels of an image. */
  get labels(): number {
    return this.config.labels ?? 1;
  }

  /**
   * Token grid of images of a size.
   * @throws VqaeError when an axis is no multiple of the cell
   */
  gridSize(size: Size3): Size3 {
    const cell = cellSize(this.config);
    const cells = size.map((n, axis) => (axis === 0 && this.config.spatialDims === 2 ? n : n / cell));
    if (!cells.every(Number.isInteger)) {
      throw new VqaeError('VqAutoencoder.gridSize', `multiples of ${cell} voxels`, `${size}`, 'pad or crop the images');
    }
    return cells as unknown as Size3;
  }

  /** Pair [B, D, H, W, 2 labels] -> latents [B * images, d, h, w, codeDim]. */
  encode(pair: tf.Tensor5D): tf.Tensor5D {
    return tf.tidy(() => {
      this.gridSize(pair.shape.slice(1, 4) as unknown as Size3);
      return this.network.encode(this.images === 1 ? pair : separate(pair));
    });
  }

  /** Latents [..., codeDim] -> nearest code of each, int32 [number of latents]. */
  quantize(latents: tf.Tensor): tf.Tensor1D {
    return tf.tidy(() => nearestCode(tf.reshape(latents, [-1, this.config.codeDim]), this.codebook));
  }

  /** Latents [B * images, d, h, w, codeDim] -> logits [B * images, D, H, W, ...]: of each image background, then the labels. */
  decode(latents: tf.Tensor5D): tf.Tensor5D {
    return tf.tidy(() => this.network.decode(latents));
  }

  /** Pair [B, D, H, W, 2 labels] -> tokens int32 [B, images, d, h, w]. */
  tokenize(pair: tf.Tensor5D): tf.Tensor5D {
    return tf.tidy(() => this.tokensOf(this.encode(pair)));
  }

  /** Tokens int32 [B, images, d, h, w] -> probabilities [B, D, H, W, 2 labels]. */
  decodeTokens(tokens: tf.Tensor5D): tf.Tensor5D {
    return tf.tidy(() => this.probabilities(this.decode(this.latentsOf(tokens))));
  }

  /** Latents [B * images, d, h, w, codeDim] -> tokens int32 [B, images, d, h, w]: the nearest code of each. */
  tokensOf(latents: tf.Tensor5D): tf.Tensor5D {
    return tf.tidy(() => {
      const [n, d, h, w] = latents.shape;
      return tf.reshape(this.quantize(latents), [n / this.images, this.images, d, h, w]);
    });
  }

  /** Tokens int32 [B, images, d, h, w] -> their codes as latents [B * images, d, h, w, codeDim]. */
  latentsOf(tokens: tf.Tensor5D): tf.Tensor5D {
    return tf.tidy(() => {
      const [batch, images, ...grid] = tokens.shape;
      const codes = embedding(this.codebook, tf.cast(tf.reshape(tokens, [-1]), 'int32'));
      return tf.reshape(codes, [batch * images, ...grid, this.config.codeDim]);
    });
  }

  /** Logits of `decode` -> probabilities [B, D, H, W, 2 labels]. */
  probabilities(logits: tf.Tensor5D): tf.Tensor5D {
    return tf.tidy(() => {
      const [n, d, h, w] = logits.shape;
      const { labels } = this;
      const foreground = foregroundOf(logits, labels);
      if (this.images === 1) return tf.reshape(foreground, [n, d, h, w, 2 * labels]);
      const images = tf.reshape(foreground, [n / 2, 2, d * h * w, labels]);
      return tf.reshape(tf.transpose(images, [0, 2, 1, 3]), [n / 2, d, h, w, 2 * labels]);
    });
  }

  /** The weights in PyTorch's layout. */
  state(): Promise<Map<string, HostTensor>> {
    return stateDict(this.parameters, { spatialDims: this.config.spatialDims });
  }

  /** @throws StateDictError when the weights do not fit */
  load(state: ReadonlyMap<string, HostTensor>): void {
    loadStateDict(this.parameters, state, { spatialDims: this.config.spatialDims });
  }

  dispose(): void {
    this.parameters.dispose();
  }
}

/** [B, D, H, W, 2 labels] -> [2B, D, H, W, labels]: fixed and moving of a pair behind each other. */
export function separate(pair: tf.Tensor5D): tf.Tensor5D {
  const [batch, d, h, w, channels] = pair.shape;
  const labels = channels / 2;
  const voxels = tf.reshape(pair, [batch, d * h * w, 2, labels]);
  return tf.reshape(tf.transpose(voxels, [0, 2, 1, 3]), [2 * batch, d, h, w, labels]);
}

/** Probabilities of the labels from logits [...] of background and labels of each image, as [N, labels]. */
export function foregroundOf(logits: tf.Tensor, labels: number): tf.Tensor2D {
  const classes = tf.reshape(logits, [-1, labels + 1]) as tf.Tensor2D;
  if (labels > 1) return tf.slice(tf.softmax(classes), [0, 1], [-1, labels]) as tf.Tensor2D;
  // Softmax over two classes is a sigmoid.
  return tf.sigmoid(tf.sub(tf.slice(classes, [0, 1], [-1, 1]), tf.slice(classes, [0, 0], [-1, 1]))) as tf.Tensor2D;
}
