import type { DenoiserConfig } from '@paired3d/absorbing-diffusion';
import { product, type Floats } from './floats';

/**
 * Values of a transformer block in multiples of [positions, width] and of [positions, feedForward], as TensorFlow.js keeps
 * them: projections, their slices, heads and way back, sums and norms of both branches; the feed-forward network's layers.
 */
const BLOCK = { width: 19, feedForward: 2 };
/** The same for values and their gradients; the gradients of slices are as wide as what was sliced. */
const BLOCK_TRAINING = { width: 46, feedForward: 4 };
/** Operations at the resolution of the tokens around the transformer of a 'patch' denoiser. */
const TOKEN_OPERATIONS = 13;
/** Arrays of logits: the head's products and sum, and a gradient. */
const LOGITS = 4;

/** Floats of a denoiser on one item, all of whose tokens may be masked. */
export function denoiserFloats(config: DenoiserConfig): Floats {
  const { codes, grid, width, depth, feedForward, recompute, ranges } = config;
  const [images, ...cells] = grid;
  const strides = config.strides ?? new Array<number>(images).fill(1);
  // Of an image, as many tokens as there are, and as many logits of each as it has codes.
  const tokensOf = (stride: number) => product(cells.map((n) => Math.ceil(n / stride)));
  const tokens = strides.reduce((sum, stride) => sum + tokensOf(stride), 0);
  const logits = strides.reduce((sum, stride, image) => {
    const [from, end] = ranges?.[image] ?? [0, codes];
    return sum + tokensOf(stride) * (end - from);
  }, 0);
  const merged = config.kind === 'patch' ? product(grid.slice(1).map((n) => Math.ceil(n / 2))) : tokens;
  const block = (values: typeof BLOCK) => merged * (values.width * width + values.feedForward * feedForward);
  const blocks = (values: typeof BLOCK, between: number) =>
    recompute ? between * depth * merged * width + block(values) : depth * block(values);
  const around = config.kind === 'patch' ? TOKEN_OPERATIONS * tokens * config.tokenWidth : 3 * tokens * width;
  const head = LOGITS * logits;
  const ends = config.kind === 'patch' ? 4 * codes * (config.codeDim + config.tokenWidth) : 2 * codes * width;
  return {
    weights: depth * width * (4 * width + 2 * feedForward) + ends + merged * width,
    training: blocks(BLOCK_TRAINING, 2) + 2 * around + head,
    inference: blocks(BLOCK, 1) + around + head,
  };
}
