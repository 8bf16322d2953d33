import type { Random } from './random';

/** Initial values of a weight: draws `size` numbers. */
export type Initialiser = (random: Random, size: number) => Float32Array;

/** Uniform in [-bound, bound). */
export const uniform =
  (bound: number): Initialiser =>
  (random, size) =>
    random.uniforms(size).map((u) => bound * (2 * u - 1));

/** Normal with mean 0. */
export const normal =
  (standardDeviation: number): Initialiser =>
  (random, size) =>
    random.normals(size).map((z) => standardDeviation * z);

/**
 * PyTorch's default for convolutions and linear layers, weight and bias alike:
 * `kaiming_uniform_(a=sqrt(5))`, that is uniform in ±1/sqrt(fanIn).
 */
export const pytorchDefault = (fanIn: number): Initialiser => uniform(1 / Math.sqrt(fanIn));
