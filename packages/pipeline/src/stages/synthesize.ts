import { writeNifti } from '@paired3d/nifti';
import { Random } from '@paired3d/nn';
import { cellSize, type VqAutoencoder } from '@paired3d/vqae';
import { drawAugmentation } from '../data/augment';
import { labelMap } from '../data/labelMap';
import type { PreparedPair, Size3 } from '../data/types';
import { augmentationOf, type RunConfig } from '../run/config';
import type { RunContext } from '../run/context';
import { readModel, type ModelFolder } from '../run/modelFolder';
import type { Stage } from '../run/stage';
import type { Storage } from '../storage/storage';
import { shareOut } from '../workers/shareOut';
import type { JobKind } from '../workers/workers';
import { denoiserOf } from './diffusion';
import { pairTokens, type TokenSources } from './pairTokens';
import { drawnScan } from './pairs';
import { samplePair, type GivenPair } from './samplePair';
import { tokenSources } from './tokenize';
import { vqaeOf } from './vqae';

interface Upstream {
  readonly folder: Storage;
  readonly hash: string;
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

/** What a synthetic pair can be made of besides the models: real pairs of which it keeps something. */
export interface SynthesisSources {
  readonly pairs: readonly PreparedPair[];
  /** the velocities of the pairs, where tokens stand for motion */
  readonly motion?: Storage;
  /** of all that */
  readonly hash: string;
}

/**
 * Samples pairs: token grids from the denoiser, decoded to probabilities and written as NIfTI.
 * @param upstream `real` where synthetic pairs keep tokens of real ones
 */
export function synthesizeStage(
  context: RunContext,
  upstream: { vqae: Upstream; diffusion: Upstream; real?: SynthesisSources },
  spacing: Size3,
): Stage {
  const { config } = context;
  const { motion, seed, synthesize } = config;
  const { pairs: total } = synthesize;
  const { real } = upstream;
  return {
    name: 'synthetic',
    inputs: {
      vqae: upstream.vqae.hash,
      diffusion: upstream.diffusion.hash,
      ...(real && { real: real.hash }),
    },
    config: {
      ...synthesize,
      ...(motion && { motion }),
      ...(real && { augmentation: config.tokenize.augmentation }),
      seed,
      spacing,
    },
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
        sources: real && (await tokenSources(real.pairs, real.motion)),
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
  readonly sources?: TokenSources;
}

/** A sampled pair, given by its number, as two files. */
export const syntheticJob: JobKind<SyntheticSetup, number, Uint8Array[]> = {
  name: 'synthetic',
  open({ config, spacing, sources, ...models }, signal) {
    const vqae = vqaeOf(models.vqae);
    const denoiser = denoiserOf(models.denoiser);
    const { pairs: _pairs, given: _given, ...settings } = config.synthesize;
    const cell = cellSize(vqae.config);
    const flat = (axis: number) => vqae.config.spatialDims === 2 && axis === 0;
    const extent = denoiser.config.grid
      .slice(1)
      .map((n, a) => n * (flat(a) ? 1 : cell) * spacing[a]) as unknown as Size3;
    const motion = config.motion ? { config: config.motion, extent } : undefined;
    return Promise.resolve({
      async run(index) {
        const given = sources && (await givenPair(config, vqae, sources, index));
        const options = { ...settings, motion, given, seed: config.seed, signal, index };
        const { size, fixed, moving } = await samplePair(denoiser, vqae, options);
        return [fixed, moving].map((image) => writeScan(image, { size, spacing, labels: vqae.labels }));
      },
      close() {
        denoiser.dispose();
        vqae.dispose();
      },
    });
  },
};

/** An augmented real pair for a sample to keep something of: the pairs take turns. */
async function givenPair(
  { synthesize, tokenize, motion, seed }: RunConfig,
  vqae: VqAutoencoder,
  sources: TokenSources,
  index: number,
): Promise<GivenPair> {
  const pair = sources.pairs[index % sources.pairs.length];
  const random = Random.of(seed, 'given pair', index);
  const draw = drawAugmentation(random, pair.size, augmentationOf(tokenize.augmentation));
  const [{ tokens }] = await pairTokens(vqae, sources, index % sources.pairs.length, { motion, draws: [draw] });
  const scan = drawnScan(pair, draw, 'fixed');
  const fixed = (await scan.data()) as Float32Array;
  scan.dispose();
  return { tokens, fixed, shares: synthesize.given };
}

/** A scan as a file: its probabilities, or the map of several labels. */
export function writeScan(
  probabilities: Float32Array,
  { size, spacing, labels = 1 }: { size: Size3; spacing: Size3; labels?: number },
): Uint8Array {
  const data = labels === 1 ? probabilities : labelMap(probabilities, labels);
  return writeNifti({ data, shape: [...size], affine: gridAffine(spacing) }, { gzip: true });
}
