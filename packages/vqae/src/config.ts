/** Something given to `@paired3d/vqae` is not what it needs; reads `where: expected …, got …; do …`. */
export class VqaeError extends Error {
  override readonly name = 'VqaeError';
  constructor(
    readonly where: string,
    readonly expected: string,
    readonly got: string,
    readonly advice: string,
    options?: ErrorOptions,
  ) {
    super(`${where}: expected ${expected}, got ${got}; ${advice}`, options);
  }
}

/** The paper's network: MONAI's `AutoEncoder` without residual units; halves the grid at each stride 2. */
export interface MonaiNetworkConfig {
  readonly kind: 'monai';
  readonly channels: readonly number[];
  readonly strides: readonly (1 | 2)[];
}

/** A light network. `encoder` has one width a halving, `decoder` one width a resolution, coarse first. */
export interface PatchNetworkConfig {
  readonly kind: 'patch';
  readonly encoder: readonly number[];
  readonly decoder: readonly number[];
  /**
   * voxels around its block of 2^3 that the first halving sees. 0 by default: cells do not overlap, each token sees its own
   * voxels alone, and what it means does not depend on its neighbours. With more, tokens of empty cells tell of the vessels
   * beside them.
   */
  readonly context?: number;
  /**
   * whether each code has logits of its own, a block of `cellSize` voxels an axis, to which the decoder adds what neighbours
   * change; false by default. Training is faster: the blocks alone are about what clustering would find.
   */
  readonly template?: boolean;
}

/** Codes learned by gradient, the paper's quantiser (van den Oord et al., 2017). */
export interface GradientQuantizerConfig {
  readonly kind: 'gradient';
  /** weight of the term that moves the codes; 0.25 in the paper */
  readonly beta: number;
}

/**
 * Codes as moving averages of the latents they stand for (Razavi et al., 2019, appendix A.1), initialised from latents;
 * codes used less than `restartBelow` times a step restart at latents, drawn in proportion to their squared error.
 */
export interface EmaQuantizerConfig {
  readonly kind: 'ema';
  readonly decay: number;
  readonly restartBelow: number;
}

/**
 * Finite scalar quantisation (Mentzer et al., 2024, arXiv:2309.15505): each latent channel is bounded and rounded to one
 * of its levels. The codes are the points of that lattice, nothing is learned, no code dies. For 'patch' networks.
 */
export interface FsqQuantizerConfig {
  readonly kind: 'fsq';
  /** levels of each of the `codeDim` channels; their product is `codes` */
  readonly levels: readonly number[];
}

/** Configuration of a vector-quantised autoencoder of pairs. */
export interface VqaeConfig {
  /** 2 works on one-slice volumes [B, 1, H, W, 2] */
  readonly spatialDims: 2 | 3;
  /** 'joint': one token for a block of both images (paper). 'separate': a token each, from one shared network. */
  readonly coding: 'joint' | 'separate';
  /** foreground labels of an image: 1 (default) for masks; of more, each voxel has one or is background */
  readonly labels?: number;
  readonly network: MonaiNetworkConfig | PatchNetworkConfig;
  readonly codes: number;
  readonly codeDim: number;
  readonly quantizer: GradientQuantizerConfig | EmaQuantizerConfig | FsqQuantizerConfig;
  /** weight of the codebook (or commitment) loss; 0.1 in the paper, none for 'fsq' */
  readonly codebookWeight: number;
  /** weights of background and of every foreground label in the cross entropy; (1, 2.5) in the paper */
  readonly classWeights: readonly [number, number];
  /** weight of a soft Dice loss beside the cross entropy; 0 in the paper */
  readonly diceWeight: number;
  /**
   * Squares of probabilities and targets in its denominator; false by default. With them it is least where both are the same, also between
   * 0 and 1; without them probabilities are driven to 0 and 1.
   */
  readonly diceSquares?: boolean;
  /** computes the layers again for the gradient instead of keeping their values: slower, far less memory, same results */
  readonly recompute?: boolean;
}

/** The paper's autoencoder: 10,253,363 weights and 1024 codes of 384. */
export const paperVqae: VqaeConfig = {
  spatialDims: 3,
  coding: 'joint',
  network: {
    kind: 'monai',
    channels: [48, 48, 64, 64, 128, 192, 256, 384],
    strides: [1, 2, 1, 2, 1, 2, 1, 2],
  },
  codes: 1024,
  codeDim: 384,
  quantizer: { kind: 'gradient', beta: 0.25 },
  codebookWeight: 0.1,
  classWeights: [1, 2.5],
  diceWeight: 0,
};

/** Voxels along an axis that one token stands for. */
export function cellSize({ network }: VqaeConfig): number {
  return network.kind === 'monai' ? 2 ** network.strides.filter((s) => s === 2).length : 2 ** network.encoder.length;
}

/** @throws VqaeError naming the first field that is wrong */
export function validateConfig(config: VqaeConfig): void {
  const check = (ok: boolean, field: string, expected: string, got: unknown) => {
    if (!ok) throw new VqaeError(`VqaeConfig.${field}`, expected, JSON.stringify(got), 'correct the configuration');
  };
  const { network, quantizer } = config;
  const natural = (n: number) => Number.isInteger(n) && n > 0;
  check(config.spatialDims === 2 || config.spatialDims === 3, 'spatialDims', '2 or 3', config.spatialDims);
  check(config.coding === 'joint' || config.coding === 'separate', 'coding', "'joint' or 'separate'", config.coding);
  check(natural(config.labels ?? 1), 'labels', 'a natural number', config.labels);
  check(natural(config.codes), 'codes', 'a natural number', config.codes);
  check(natural(config.codeDim), 'codeDim', 'a natural number', config.codeDim);
  check(
    config.classWeights.every((w) => w > 0),
    'classWeights',
    'two positive numbers',
    config.classWeights,
  );
  if (quantizer.kind === 'gradient') {
    check(quantizer.beta >= 0, 'quantizer.beta', 'a weight', quantizer.beta);
  } else if (quantizer.kind === 'ema') {
    check(quantizer.decay >= 0 && quantizer.decay <= 1, 'quantizer.decay', 'a number in [0, 1]', quantizer.decay);
  } else {
    const { levels } = quantizer;
    const product = levels.reduce((a, b) => a * b, 1);
    check(
      levels.every((n) => natural(n) && n > 1),
      'quantizer.levels',
      'natural numbers above 1',
      levels,
    );
    check(levels.length === config.codeDim, 'codeDim', `${levels.length}, one for each of the levels`, config.codeDim);
    check(product === config.codes, 'codes', `${product}, the product of the levels`, config.codes);
    check(network.kind === 'patch', 'network.kind', "'patch', which bounds its latents for 'fsq'", network.kind);
  }
  if (network.kind === 'monai') {
    check(
      network.channels.length > 0 && network.channels.every(natural),
      'network.channels',
      'natural numbers',
      network.channels,
    );
    check(
      network.strides.length === network.channels.length && network.strides.every((s) => s === 1 || s === 2),
      'network.strides',
      `${network.channels.length} strides of 1 or 2, one for each of the channels`,
      network.strides,
    );
    check(
      network.channels.at(-1) === config.codeDim,
      'codeDim',
      `the last of the channels, ${network.channels.at(-1)}`,
      config.codeDim,
    );
  } else {
    const { context = 0 } = network;
    check(network.encoder.length > 0 && network.encoder.every(natural), 'network.encoder', 'widths', network.encoder);
    check(context === 0 || natural(context), 'network.context', 'voxels, 0 or more', context);
    check(
      network.decoder.length === network.encoder.length && network.decoder.every(natural),
      'network.decoder',
      `${network.encoder.length} widths, one for each halving of the encoder`,
      network.decoder,
    );
  }
}
