import { Random } from '@paired3d/nn';
import { VqAutoencoder, paperVqae } from '@paired3d/vqae';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { augmentPresets, drawAugmentation } from '../data/augment';
import type { PreparedPair, Size3 } from '../data/types';
import { NOTHING, leaked, smallestMotion, useWasm } from '../testing';
import { tokenizePair } from './pairCoder';
import { pairTokens } from './pairTokens';
import { drawnTensor, pairTensor } from './pairs';

beforeAll(useWasm);

const size: Size3 = [8, 8, 8];
const scan = (key: string) => Float32Array.from(Random.of(key).normals(512), (x) => Math.min(1, Math.max(0, x)));
const pair: PreparedPair = { id: 'a', fixed: scan('fixed'), moving: scan('moving'), size, extent: [80, 80, 80] };
const velocity = {
  size: [2, 2, 2],
  data: Random.of('velocity')
    .normals(24)
    .map((x) => 0.1 * x),
};
const sources = { pairs: [pair], velocities: [velocity as never] };
const draw = (seed: number) => drawAugmentation(new Random(seed), size, augmentPresets.full);
const draws = [undefined, draw(1), draw(2)];
const network = { kind: 'patch', encoder: [8], decoder: [8] } as const;

/** An autoencoder whose codes are spread as its latents are, so that scans have many different ones. */
function model(): VqAutoencoder {
  const autoencoder = new VqAutoencoder({ ...paperVqae, coding: 'separate', network, codes: 16, codeDim: 6 }, 1);
  tf.tidy(() => autoencoder.codebook.assign(tf.tensor2d(Random.of('codes').normals(96), [16, 6])));
  return autoencoder;
}

/** Tokens of fixed and moving scan under each draw, each pair on its own. */
async function oneByOne(autoencoder: VqAutoencoder): Promise<number[][]> {
  const all: number[][] = [];
  for (const one of draws) {
    const tensor = one ? drawnTensor(pair, one) : pairTensor(pair);
    const tokens = await tokenizePair(autoencoder, tensor);
    all.push(Array.from(await tokens.data()));
    tf.dispose([tensor, tokens]);
  }
  return all;
}

it('are of both scans of a pair', async () => {
  const autoencoder = model();
  const grids = await pairTokens(autoencoder, sources, 0, { motion: null, draws });
  expect(grids.map(({ grid }) => grid)).toEqual(draws.map(() => [2, 4, 4, 4]));
  expect(grids.map(({ tokens }) => Array.from(tokens))).toEqual(await oneByOne(autoencoder));
  autoencoder.dispose();
});

it('are of the fixed scan alone with motion, however many are drawn at once', async () => {
  const autoencoder = model();
  const options = { motion: smallestMotion, draws };
  const grids = await pairTokens(autoencoder, sources, 0, options);
  expect(grids.map(({ grid }) => grid)).toEqual(draws.map(() => [3, 4, 4, 4]));
  const fixed = grids.map(({ tokens }) => Array.from(tokens.slice(0, 64)));
  expect(fixed).toEqual((await oneByOne(autoencoder)).map((tokens) => tokens.slice(0, 64)));
  expect(new Set(fixed.map(String)).size).toBe(3);
  for (const [i, one] of draws.entries()) {
    expect(await pairTokens(autoencoder, sources, 0, { ...options, draws: [one] })).toEqual([grids[i]]);
  }
  expect(await leaked(() => pairTokens(autoencoder, sources, 0, options))).toEqual(NOTHING);
  autoencoder.dispose();
});
