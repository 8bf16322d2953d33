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
 * A pair is a tensor [B, D, H, W, 2] of foreground probabilities, fixed then moving. Its tokens are int32
 * [B, images, d, h, w]: `images` is 1 when coded jointly and 2 when fixed and moving are coded separately, and each
 * token stands for a block of `cellSize` voxels an axis. Results are the caller's to dispose.
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

  /** Tokens for a cell: 1 when coded jointly, 2 when separately. */
  get images(): 1 | 2 {
    return this.config.coding === 'joint' ? 1 : 2;
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

  /** Pair [B, D, H, W, 2] -> latents [B * images, d, h, w, codeDim]. */
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

  /** Latents [B * images, d, h, w, codeDim] -> logits [B * images, D, H, W, 4 or 2]: background, foreground an image. */
  decode(latents: tf.Tensor5D): tf.Tensor5D {
    return tf.tidy(() => this.network.decode(latents));
  }

  /** Pair [B, D, H, W, 2] -> tokens int32 [B, images, d, h, w]. */
  tokenize(pair: tf.Tensor5D): tf.Tensor5D {
    return tf.tidy(() => this.tokensOf(this.encode(pair)));
  }

  /** Tokens int32 [B, images, d, h, w] -> foreground probabilities [B, D, H, W, 2]. */
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

  /** Logits of `decode` -> foreground probabilities [B, D, H, W, 2]: softmax over two classes is a sigmoid. */
  probabilities(logits: tf.Tensor5D): tf.Tensor5D {
    return tf.tidy(() => {
      const [n, d, h, w] = logits.shape;
      const classes = tf.reshape(logits, [-1, 2]);
      const foreground = tf.sigmoid(tf.sub(tf.slice(classes, [0, 1], [-1, 1]), tf.slice(classes, [0, 0], [-1, 1])));
      if (this.images === 1) return tf.reshape(foreground, [n, d, h, w, 2]);
      return tf.reshape(tf.transpose(tf.reshape(foreground, [n / 2, 2, d * h * w]), [0, 2, 1]), [n / 2, d, h, w, 2]);
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

/** [B, D, H, W, 2] -> [2B, D, H, W, 1]: fixed and moving of a pair behind each other. */
export function separate(pair: tf.Tensor5D): tf.Tensor5D {
  const [batch, d, h, w] = pair.shape;
  return tf.reshape(tf.transpose(tf.reshape(pair, [batch, d * h * w, 2]), [0, 2, 1]), [2 * batch, d, h, w, 1]);
}
