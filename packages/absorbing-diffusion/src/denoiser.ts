import { Parameters, Random, loadStateDict, stateDict, type HostTensor } from '@paired3d/nn';
import * as tf from '@tensorflow/tfjs-core';
import {
  DiffusionError,
  presentTokens,
  tokenCount,
  validateConfig,
  type CodeRange,
  type DenoiserConfig,
} from './config';
import type { Network } from './network';
import { patchDenoiser } from './patchDenoiser';
import { plainDenoiser } from './plainDenoiser';
import { seededMasks } from './transformer';

/**
 * Predicts the codes behind masked tokens: p(x_0 | x_t) of absorbing diffusion (Austin et al., 2021; Bond-Taylor et
 * al., 2022). Tokens are int32 [B, T] with T = product of the grid [images, d, h, w]; the id `codes` means masked.
 */
export class Denoiser {
  readonly parameters: Parameters;
  /** For each image, whether there is a token at each of its cells. */
  readonly present: readonly (readonly boolean[])[];
  private readonly network: Network;
  private readonly codeVectors: tf.Variable<tf.Rank.R2> | undefined;

  /** @throws DiffusionError when the configuration is not valid */
  constructor(
    readonly config: DenoiserConfig,
    seed = 0,
  ) {
    validateConfig(config);
    this.present = presentTokens(config);
    this.parameters = new Parameters(Random.of(seed, 'diffusion'));
    if (config.kind === 'plain') {
      this.network = plainDenoiser(this.parameters, config);
    } else {
      const vectors = this.parameters.scope('codes').add('weight', [config.codes, config.codeDim], 0);
      this.codeVectors = vectors as tf.Variable<tf.Rank.R2>;
      // Constant: the vectors belong to the autoencoder.
      vectors.trainable = false;
      this.network = patchDenoiser(this.parameters, this.codeVectors, config);
    }
  }

  /** Tokens of an item. */
  get tokens(): number {
    return tokenCount(this.config);
  }

  /** Id of a masked token. */
  get maskId(): number {
    return this.config.codes;
  }

  /** Whether a weight is one that Muon moves: those of the layers between the embeddings and the head. */
  isHidden(name: string): boolean {
    return this.network.hiddenScopes.some((scope) => name.startsWith(`${scope}.`));
  }

  /**
   * Gives a 'patch' denoiser the autoencoder's code vectors [codes, codeDim], scaled to unit mean square; a 'plain' one
   * ignores them.
   */
  setCodeVectors(vectors: Float32Array): void {
    if (!this.codeVectors) return;
    if (vectors.length !== this.codeVectors.size) {
      throw new DiffusionError(
        'Denoiser.setCodeVectors',
        `${this.codeVectors.shape.join(' x ')} values`,
        `${vectors.length}`,
        'use the codebook of the autoencoder that made the tokens',
      );
    }
    let square = 0;
    for (const v of vectors) square += v * v;
    const scale = 1 / Math.sqrt(square / vectors.length || 1);
    tf.tidy(() => this.codeVectors!.assign(tf.mul(scale, tf.tensor2d(vectors, this.codeVectors!.shape))));
  }

  /** Features [B, T, c] of every token; `random` switches dropout on (training). */
  hidden(ids: tf.Tensor2D, random?: Pick<Random, 'bits'>): tf.Tensor3D {
    this.check('Denoiser.hidden', ids);
    const rate = this.config.kind === 'plain' ? this.config.dropout : 0;
    return tf.tidy(() => this.network.hidden(ids, random && seededMasks(rate, random)));
  }

  /**
   * Features [n, c] of some tokens, without dropout; equal to those of `hidden`, for less work.
   * @param rows flat indices into [B, T], ascending, at least one
   */
  hiddenAt(ids: tf.Tensor2D, rows: Int32Array): tf.Tensor2D {
    this.check('Denoiser.hiddenAt', ids);
    return tf.tidy(() => this.network.hiddenAt(ids, rows));
  }

  /** Logits [n, end - from] of rows [n, c] of the features, over a range of codes; over all of them by default. */
  head(rows: tf.Tensor2D, range: CodeRange = [0, this.config.codes]): tf.Tensor2D {
    return tf.tidy(() => this.network.head(rows, range));
  }

  /** Logits [B, T, codes] of every token. */
  logits(ids: tf.Tensor2D): tf.Tensor3D {
    return tf.tidy(() => {
      const hidden = this.hidden(ids);
      const logits = this.head(tf.reshape(hidden, [-1, hidden.shape[2]]));
      return tf.reshape(logits, [ids.shape[0], this.tokens, this.config.codes]);
    });
  }

  /** The weights in PyTorch's layout. */
  state(): Promise<Map<string, HostTensor>> {
    return stateDict(this.parameters);
  }

  /** @throws StateDictError when the weights do not fit */
  load(state: ReadonlyMap<string, HostTensor>): void {
    loadStateDict(this.parameters, state);
  }

  dispose(): void {
    this.parameters.dispose();
  }

  private check(where: string, ids: tf.Tensor2D): void {
    if (ids.shape[1] === this.tokens) return;
    throw new DiffusionError(where, `[B, ${this.tokens}]`, `[${ids.shape}]`, 'flatten the token grid');
  }
}
