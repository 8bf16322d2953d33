/** Something given to `@paired3d/absorbing-diffusion` is not what it needs; reads `where: expected …, got …; do …`. */
export class DiffusionError extends Error {
  override readonly name = 'DiffusionError';
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

/** Codes [from, end). */
export type CodeRange = readonly [from: number, end: number];

/** What both denoisers share. */
interface CommonConfig {
  /** size of the codebook; the token `codes` is the absorbing state, "masked" */
  readonly codes: number;
  /** tokens of an item: [images, d, h, w] */
  readonly grid: readonly [images: number, d: number, h: number, w: number];
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  readonly feedForward: number;
  /** codes that the tokens of each image can have, when images have codes of their own; any by default */
  readonly ranges?: readonly CodeRange[];
  /**
   * of each image, 1 by default: n for an image that has a token at every n-th cell of each axis alone. Its other places hold
   * the first code that it can have; they are never masked, and nothing counts them.
   */
  readonly strides?: readonly number[];
  /** computes the blocks again for the gradient instead of keeping their values: slower, far less memory, same results */
  readonly recompute?: boolean;
}

/** The paper's denoiser: one transformer position a token, post-norm, learned positions. */
export interface PlainDenoiserConfig extends CommonConfig {
  readonly kind: 'plain';
  readonly dropout: number;
}

/**
 * A light denoiser: tokens enter as their code vectors (plus a free part), 2x2x2 cells of all images make one position
 * of a pre-norm transformer, residual convolutions work at full token resolution on both sides of it, and logits are
 * products with the same code vectors. Tokens of images with a stride have no part in the convolutions: they enter and
 * leave at the positions.
 */
export interface PatchDenoiserConfig extends CommonConfig {
  readonly kind: 'patch';
  /** length of a code vector */
  readonly codeDim: number;
  /** channels of a token inside the network */
  readonly tokenWidth: number;
}

/** Configuration of a denoiser of token grids. */
export type DenoiserConfig = PlainDenoiserConfig | PatchDenoiserConfig;

/** The paper's denoiser for grids of 16 x 13 x 16 tokens: 27,987,456 weights. */
export const paperDenoiser: PlainDenoiserConfig = {
  kind: 'plain',
  codes: 1024,
  grid: [1, 16, 13, 16],
  width: 512,
  depth: 12,
  heads: 16,
  feedForward: 1024,
  dropout: 0.1,
};

/** Places of an item, one for each cell of each image; all have tokens but those between the cells of `strides`. */
export const tokenCount = ({ grid }: DenoiserConfig): number => grid.reduce((product, n) => product * n, 1);

/** Indices [i, j, k] of a cell of an image, counted row-major. */
export const cellIndices = (cell: number, [, , h, w]: DenoiserConfig['grid']): [number, number, number] => [
  Math.floor(cell / (h * w)),
  Math.floor(cell / w) % h,
  cell % w,
];

/** For each image and each of its cells, row-major, whether there is a token. */
export function presentTokens({ grid, strides }: Pick<DenoiserConfig, 'grid' | 'strides'>): boolean[][] {
  const [images, d, h, w] = grid;
  return Array.from({ length: images }, (_, image) => {
    const stride = strides?.[image] ?? 1;
    return Array.from({ length: d * h * w }, (_, cell) => cellIndices(cell, grid).every((n) => n % stride === 0));
  });
}

/** @throws DiffusionError naming the first field that is wrong */
export function validateConfig(config: DenoiserConfig): void {
  const check = (ok: boolean, field: string, expected: string, got: unknown) => {
    if (!ok) throw new DiffusionError(`DenoiserConfig.${field}`, expected, `${got}`, 'correct the configuration');
  };
  const natural = (n: number) => Number.isInteger(n) && n > 0;
  for (const field of ['codes', 'width', 'depth', 'heads', 'feedForward'] as const) {
    check(natural(config[field]), field, 'a natural number', config[field]);
  }
  check(config.grid.length === 4 && config.grid.every(natural), 'grid', 'four natural numbers', config.grid);
  const { ranges, strides, codes, grid } = config;
  const valid = ([from, end]: CodeRange) => Number.isInteger(from) && from >= 0 && end > from;
  check(
    !ranges || (ranges.length === grid[0] && ranges.every((range) => valid(range) && range[1] <= codes)),
    'ranges',
    `${grid[0]} ranges of codes below ${codes}, one for each image`,
    JSON.stringify(ranges),
  );
  check(
    !strides || (strides.length === grid[0] && strides.every(natural)),
    'strides',
    `${grid[0]} natural numbers, one for each image`,
    JSON.stringify(strides),
  );
  check(config.width % config.heads === 0, 'heads', `a divisor of the width ${config.width}`, config.heads);
  if (config.kind === 'plain') check(config.dropout >= 0 && config.dropout < 1, 'dropout', 'in [0, 1)', config.dropout);
  else {
    check(natural(config.codeDim), 'codeDim', 'a natural number', config.codeDim);
    check(natural(config.tokenWidth), 'tokenWidth', 'a natural number', config.tokenWidth);
    const dense = !strides || strides.includes(1);
    check(dense, 'strides', 'an image with a token at every cell, in a denoiser of this kind', strides);
  }
}
