import type { VqaeConfig } from '@paired3d/vqae';
import type { Size3 } from '../data/types';
import { product, type Floats } from './floats';

/** A block of layers: floats of its result, and of all values within it that a gradient needs, the result included. */
interface Block {
  readonly result: number;
  readonly values: number;
}

/**
 * Bytes of activations up to which a pair goes through the network at once; beyond, slab by slab. The same on every machine,
 * since the last digits of the results depend on it.
 */
export const AT_ONCE = 2 ** 31;
/** Bytes of tensors that `inSlabs` has of a slab, unless it is told otherwise. */
const SLAB = 2 ** 28;
/** Arrays of a value a voxel and image that make probabilities of logits: these themselves, both classes, differences, results. */
const PROBABILITIES = 7;

/** Whether a pair of a size is encoded and decoded slab by slab. */
export function goesInSlabs(config: VqaeConfig, size: Size3, atOnce: number = AT_ONCE): boolean {
  return config.network.kind === 'monai' && 4 * wholeInference(config, size) > atOnce;
}

/**
 * Floats of an autoencoder on one pair of a size. In training TensorFlow.js keeps each value that a gradient needs and as
 * many gradients; with `recompute` both of the results of all blocks, and of the inner values of one block at a time.
 */
export function vqaeFloats(config: VqaeConfig, size: Size3): Floats {
  const { encoder, decoder, weights } = blocksOf(config, size);
  const all = [...encoder, ...decoder];
  // Fixed and moving, with a logit for each class, in about as many operations of the losses as are kept.
  const loss = 8 * 2 * classesOf(config) * product(size);
  const training = 2 * kept(config, all) + loss + scratch(all);
  if (!goesInSlabs(config, size)) return { weights, training, inference: wholeInference(config, size) };
  const images = 2 * (config.labels ?? 1) * product(size);
  const neighbours = all.slice(1).map(({ result }, i) => all[i].result + result);
  return {
    weights,
    training,
    inference: Math.max(2 * images + SLAB / 4, PROBABILITIES * images),
    host: Math.max(...neighbours) / (config.coding === 'joint' ? 1 : 2),
  };
}

/** Floats of encoding or decoding a pair at once. */
function wholeInference(config: VqaeConfig, size: Size3): number {
  const { encoder, decoder } = blocksOf(config, size);
  return (
    Math.max(kept(config, encoder), kept(config, decoder)) +
    scratch([...encoder, ...decoder]) +
    2 * classesOf(config) * product(size)
  );
}

/** Background, and the labels. */
const classesOf = ({ labels = 1 }: VqaeConfig) => labels + 1;

const kept = (config: VqaeConfig, blocks: readonly Block[]) =>
  config.recompute ? sum(blocks, 'result') + inner(blocks) : sum(blocks, 'values');

/** The padded copy of its input that a convolution makes. */
const scratch = (blocks: readonly Block[]) => 1.1 * Math.max(...blocks.map(({ result }) => result));

function blocksOf(config: VqaeConfig, size: Size3): { encoder: Block[]; decoder: Block[]; weights: number } {
  const images = config.coding === 'joint' ? 1 : 2;
  const imagesAtOnce = config.coding === 'joint' ? 2 : 1;
  const inputs = imagesAtOnce * (config.labels ?? 1);
  const voxels = (halvings: number) =>
    images * product(size.map((n, axis) => (axis === 0 && config.spatialDims === 2 ? 1 : n / 2 ** halvings)));
  const { network } = config;
  const codebook = config.codes * config.codeDim;
  const outputs = voxels(0) * imagesAtOnce * classesOf(config);
  const logits: Block = { result: outputs, values: outputs };
  if (network.kind === 'monai') {
    let halvings = 0;
    // Convolution with bias, norm: the results of both.
    const block = (channels: number): Block => ({
      result: voxels(halvings) * channels,
      values: 2 * voxels(halvings) * channels,
    });
    const encoder = network.channels.map((channels, i) => {
      halvings += network.strides[i] - 1;
      return block(channels);
    });
    const decoder = [...network.channels.slice(0, -1)].reverse().map((channels, i) => {
      halvings -= network.strides[network.strides.length - 1 - i] - 1;
      return block(channels);
    });
    const widths = [inputs, ...network.channels];
    const kernels = widths.slice(1).reduce((total, width, i) => total + 2 * 27 * width * widths[i], 0);
    return { encoder, decoder: [...decoder, logits], weights: kernels + codebook };
  }
  // Two convolutions and two activations a halving; five operations of a residual block, an activation and a way up.
  const encoder = network.encoder.map((width, i) => {
    const result = voxels(i + 1) * width;
    return { result, values: 4 * result };
  });
  const levels = network.decoder.length;
  const decoder = network.decoder.map((width, i) => {
    const result = voxels(levels - i) * width;
    return { result, values: (i === 0 ? 12 : 7) * result };
  });
  const wider = ((2 + 2 * (network.context ?? 0)) ** 3 - 8) * inputs * network.encoder[0];
  const down = network.encoder.reduce((sum, w, i) => sum + 8 * w * (network.encoder[i - 1] ?? inputs) + w * w, wider);
  const up = network.decoder.reduce((total, w, i) => total + (i === 0 ? 4 : 2) * 27 * w * w + 8 * w * w, 0);
  const ends = config.codeDim * (network.encoder.at(-1)! + 27 * network.decoder[0]);
  return { encoder, decoder: [...decoder, logits], weights: down + up + ends + codebook };
}

const sum = (blocks: readonly Block[], of: keyof Block) => blocks.reduce((total, block) => total + block[of], 0);

const inner = (blocks: readonly Block[]) => Math.max(...blocks.map(({ result, values }) => values - result));
