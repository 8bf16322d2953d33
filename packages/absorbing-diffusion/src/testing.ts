import * as tf from '@tensorflow/tfjs-core';
import { Random } from '@paired3d/nn';
import type { PatchDenoiserConfig, PlainDenoiserConfig } from './config';
import { Denoiser } from './denoiser';

type Grid = PlainDenoiserConfig['grid'];

const transformer = { width: 8, depth: 2, heads: 2, feedForward: 12 };

export const tinyPlain = (
  codes: number,
  grid: Grid,
  changes: Partial<PlainDenoiserConfig> = {},
): PlainDenoiserConfig => ({
  kind: 'plain',
  codes,
  grid,
  ...transformer,
  dropout: 0,
  ...changes,
});

export const tinyPatch = (
  codes: number,
  grid: Grid,
  changes: Partial<PatchDenoiserConfig> = {},
): PatchDenoiserConfig => ({
  kind: 'patch',
  codes,
  grid,
  ...transformer,
  codeDim: 3,
  tokenWidth: 4,
  ...changes,
});

/** A small denoiser of either kind, a 'patch' one with random code vectors. */
export function tinyDenoiser(
  kind: 'plain' | 'patch',
  codes: number,
  grid: Grid,
  seed = 1,
  changes: Pick<PatchDenoiserConfig, 'strides' | 'ranges'> = {},
): Denoiser {
  const make = kind === 'plain' ? tinyPlain : tinyPatch;
  const denoiser = new Denoiser(make(codes, grid, changes), seed);
  denoiser.setCodeVectors(new Random(7).normals(codes * 3));
  return denoiser;
}

/** Random token grids. */
export const randomItems = (count: number, tokens: number, codes: number, seed = 1): Int32Array[] => {
  const random = new Random(seed);
  return Array.from({ length: count }, () => Int32Array.from({ length: tokens }, () => random.integer(codes)));
};

/** Tensors and bytes that `run` leaves behind. */
export async function leaked(run: () => unknown): Promise<{ tensors: number; bytes: number }> {
  const before = tf.memory();
  await run();
  const after = tf.memory();
  return { tensors: after.numTensors - before.numTensors, bytes: after.numBytes - before.numBytes };
}

/** What {@link leaked} gives when nothing leaks. */
export const NOTHING = { tensors: 0, bytes: 0 };
