import * as tf from '@tensorflow/tfjs-core';

/** Most values of a pack: 64 MiB, which every WebGPU device binds. A larger weight has a pack of its own. */
const MOST = 2 ** 24;

/** Adam's moments of several weights, one after the other, for backends that update many in one go. */
export interface PackedMoments {
  readonly names: readonly string[];
  readonly m: tf.Tensor1D;
  readonly v: tf.Tensor1D;
}

/** Weights in groups, in order, as they go into packs. */
export function inPacks<T extends { readonly size: number }>(weights: Iterable<readonly [string, T]>): [string, T][][] {
  const packs: [string, T][][] = [];
  let room = 0;
  for (const [name, weight] of weights) {
    if (packs.length === 0 || weight.size > room) {
      packs.push([]);
      room = MOST;
    }
    packs[packs.length - 1].push([name, weight]);
    room -= weight.size;
  }
  return packs;
}

/** One tensor of the values of all; the caller owns it. */
export function joined(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.tidy(() => tf.concat(tensors.map((tensor) => tf.reshape<tf.Rank.R1>(tensor, [-1]))));
}

/** The parts of a joined tensor, of these shapes; the caller owns them. */
export function parted(whole: tf.Tensor1D, shapes: readonly number[][]): tf.Tensor[] {
  let at = 0;
  return tf.tidy(() =>
    shapes.map((shape) => {
      const size = tf.util.sizeFromShape(shape);
      at += size;
      return tf.reshape(tf.slice(whole, at - size, size), shape);
    }),
  );
}
