import { sample, type Denoiser } from '@paired3d/absorbing-diffusion';
import { writeNifti } from '@paired3d/nifti';
import type { VqAutoencoder } from '@paired3d/vqae';
import * as tf from '@tensorflow/tfjs-core';
import { labelMap } from '../data/labelMap';
import type { Size3 } from '../data/types';
import { pause } from '../pause';
import type { RunConfig } from '../run/config';
import type { RunContext } from '../run/context';
import { readModel, type ModelFolder } from '../run/modelFolder';
import type { Stage } from '../run/stage';
import type { Storage } from '../storage/storage';
import { shareOut } from '../workers/shareOut';
import type { JobKind } from '../workers/workers';
import { denoiserOf } from './diffusion';
import { decodePair } from './pairCoder';
import { readPair } from './pairs';
import { vqaeOf } from './vqae';

interface Upstream {
  readonly folder: Storage;
  readonly hash: string;
}

/** Probabilities of the foreground labels of a sampled pair, each [i, j, k, label] row-major. */
export interface SyntheticPair {
  readonly size: Size3;
  readonly fixed: Float32Array;
  readonly moving: Float32Array;
}

/** File names of synthetic pair number `index` (from 0): the naming that training folders have. */
export const syntheticFiles = (index: number): [fixed: string, moving: string] => {
  const id = `case_${String(index + 1).padStart(4, '0')}`;
  return [`${id}_1.nii.gz`, `${id}_2.nii.gz`];
};

/** Affine of a grid of a spacing in mm, axes as in the real scans (i to the left, j to the back, k to the head). */
export function gridAffine([i, j, k]: Size3): number[][] {
  return [
    [-i, 0, 0, 0],
    [0, -j, 0, 0],
    [0, 0, k, 0],
    [0, 0, 0, 1],
  ];
}

/** Samples pairs: token grids from the denoiser, decoded to probabilities and written as NIfTI. */
export function synthesizeStage(
  context: RunContext,
  upstream: { vqae: Upstream; diffusion: Upstream },
  spacing: Size3,
): Stage {
  const { config } = context;
  const { pairs: total } = config.synthesize;
  return {
    name: 'synthetic',
    inputs: { vqae: upstream.vqae.hash, diffusion: upstream.diffusion.hash },
    config: { ...config.synthesize, seed: config.seed, spacing },
    async run(folder) {
      const names = Array.from({ length: total }, (_, index) => syntheticFiles(index));
      const present = new Set(await folder.list(''));
      const missing = [...names.keys()].filter((index) => !names[index].every((name) => present.has(name)));
      let step = total - missing.length;
      context.emit({ type: 'stage-start', stage: 'synthetic', total, resumedAt: step });
      const setup = {
        config,
        spacing,
        vqae: await readModel(upstream.vqae.folder, 'vqae'),
        denoiser: await readModel(upstream.diffusion.folder, 'diffusion'),
      };
      await shareOut(context, { stage: 'synthetic', kind: syntheticJob, setup }, missing, async (scans, index) => {
        for (const [image, scan] of scans.entries()) await folder.write(names[index][image], scan);
        context.emit({ type: 'step', stage: 'synthetic', step: ++step, total, metrics: {} });
      });
      return names.flat();
    },
  };
}

interface SyntheticSetup {
  readonly config: RunConfig;
  readonly spacing: Size3;
  readonly vqae: ModelFolder;
  readonly denoiser: ModelFolder;
}

/** A sampled pair, given by its number, as two files. */
export const syntheticJob: JobKind<SyntheticSetup, number, Uint8Array[]> = {
  name: 'synthetic',
  open({ config, spacing, ...models }, signal) {
    const vqae = vqaeOf(models.vqae);
    const denoiser = denoiserOf(models.denoiser);
    const options = { ...config.synthesize, seed: config.seed, signal };
    return Promise.resolve({
      async run(index) {
        const { size, fixed, moving } = await samplePair(denoiser, vqae, { ...options, index });
        return [fixed, moving].map((image) => writeScan(image, { size, spacing, labels: vqae.labels }));
      },
      close() {
        denoiser.dispose();
        vqae.dispose();
      },
    });
  },
};

/** Sample number `index` of a seed, decoded. */
export async function samplePair(
  denoiser: Denoiser,
  vqae: VqAutoencoder,
  options: { steps: number; temperature: number; seed: number; index: number; signal?: AbortSignal },
): Promise<SyntheticPair> {
  const { index, ...settings } = options;
  const [tokens] = await sample(denoiser, 1, { ...settings, first: index, onStep: pause });
  const [images, d, h, w] = denoiser.config.grid;
  const grid = tf.tensor5d(tokens, [1, images, d, h, w], 'int32');
  const pair = await decodePair(vqae, grid, { signal: settings.signal }).finally(() => grid.dispose());
  const [, i, j, k] = pair.shape;
  const [fixed, moving] = await readPair(pair);
  pair.dispose();
  return { size: [i, j, k], fixed, moving };
}

/** A scan as a file: its probabilities, or the map of several labels. */
export function writeScan(
  probabilities: Float32Array,
  { size, spacing, labels = 1 }: { size: Size3; spacing: Size3; labels?: number },
): Uint8Array {
  const data = labels === 1 ? probabilities : labelMap(probabilities, labels);
  return writeNifti({ data, shape: [...size], affine: gridAffine(spacing) }, { gzip: true });
}
