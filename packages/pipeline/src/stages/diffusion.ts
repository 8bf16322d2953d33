import {
  Denoiser,
  DiffusionTraining,
  bitsPerToken,
  unigramBits,
  type DenoiserConfig,
} from '@paired3d/absorbing-diffusion';
import { Random } from '@paired3d/nn';
import type { VqAutoencoder, VqaeConfig } from '@paired3d/vqae';
import type * as tf from '@tensorflow/tfjs-core';
import { drawAugmentation } from '../data/augment';
import type { PreparedPair } from '../data/types';
import { MOTION_DIM, motionVectors } from '../motion/motionCode';
import { IMAGES_WITH_MOTION } from '../motion/motionGrid';
import { augmentationOf, type RunConfig } from '../run/config';
import type { RunContext } from '../run/context';
import { denoiserOn } from '../run/modelConfigs';
import { MODEL_FILES, readModel, writeModel, type ModelFolder } from '../run/modelFolder';
import { prefixed, unprefixed } from '../run/prefix';
import { scheduleFactor } from '../run/schedule';
import { writeJson, type Stage } from '../run/stage';
import { trainingLoop } from '../run/trainingLoop';
import type { Storage } from '../storage/storage';
import { Batches, trainingKind, type Replica } from '../workers/batches';
import { modelCard } from './card';
import { pairTokens, type TokenSources } from './pairTokens';
import { Rolling, modulo } from './rollingPairs';
import { readTokens, tokenSources, type TokenSet } from './tokenize';
import { vqaeOf } from './vqae';

interface Upstream {
  readonly folder: Storage;
  readonly hash: string;
}

/**
 * Trains the denoiser on the token grids. Without the autoencoder that made them the size of its codebook is the
 * configuration's, and there are no code vectors: tokens then have free embeddings alone.
 * @param upstream `pairs` and, where tokens stand for motion, `motion`: what fresh token grids are made of
 */
export function diffusionStage(
  context: RunContext,
  upstream: { vqae?: Upstream; tokens: Upstream; motion?: Upstream; pairs?: readonly PreparedPair[] },
): Stage {
  const { diffusion, motion: asked, seed } = context.config;
  return {
    name: 'diffusion',
    inputs: { ...(upstream.vqae && { vqae: upstream.vqae.hash }), tokens: upstream.tokens.hash },
    config: { ...diffusion, ...(asked && { motion: asked }), seed },
    async run(folder) {
      const tokens = await readTokens(upstream.tokens.folder, 'train');
      // Token grids from elsewhere are of scans alone.
      const motion = tokens.grid[0] === IMAGES_WITH_MOTION ? asked : null;
      const config = { ...context.config, motion };
      const vqae = upstream.vqae && (await readModel(upstream.vqae.folder, 'vqae'));
      const sources = upstream.pairs && (await tokenSources(upstream.pairs, upstream.motion?.folder));
      const fresh = diffusion.fresh && sources && vqae ? { sources, vqae } : undefined;
      const setup = { config, tokens, fresh, model: denoiserOn(tokens.grid, modelsOf(config, vqae)) };
      const { model } = setup;
      const replica = diffusionReplica(setup);
      const { denoiser, training } = replica;
      let batches: Batches | undefined;
      try {
        if (vqae) await setCodeVectors(denoiser, vqae, motion);
        batches = await Batches.open(context, diffusionJob, setup, { replica, size: diffusion.batch });
        const history = await trainingLoop(context, folder, {
          stage: 'diffusion',
          total: diffusion.steps,
          trainable: {
            state: async () => prefixed({ model: await denoiser.state(), training: await training.state() }),
            load: (state) => {
              denoiser.load(unprefixed(state, 'model'));
              training.load(unprefixed(state, 'training'));
            },
            update: trainStep(config, training, batches),
          },
        });
        const { items } = await readTokens(upstream.tokens.folder, 'validation');
        // Validation pairs without augmentation, or the training pairs when none are held out.
        const variants = upstream.vqae ? config.tokenize.variants : 1;
        const scored = (items.length > 0 ? items : tokens.items).filter((_, i) => i % variants === 0);
        const present = denoiser.present.flat();
        const there = (item: ArrayLike<number>) => Array.from(item).filter((_, at) => present[at]);
        const bits = await bitsPerToken(denoiser, scored, { seed, repeats: 8 });
        const metrics = {
          bitsPerToken: bits.mean,
          standardError: bits.standardError,
          // What counting codes gives: the denoiser must be below.
          unigramBits: unigramBits(tokens.items.map(there), scored.map(there), model.codes),
        };
        const card = modelCard('diffusion', context, { ...metrics, weights: denoiser.parameters.count });
        const tensors = await denoiser.state();
        await writeModel(folder, { kind: 'diffusion', config: { ...denoiser.config }, tensors }, card);
        await writeJson(folder, 'history.json', history);
        await writeJson(folder, 'metrics.json', metrics);
        return [...MODEL_FILES, 'history.json', 'metrics.json'];
      } finally {
        await batches?.close();
        replica.dispose();
      }
    },
  };
}

/** A trained denoiser from its folder; the caller disposes it. */
export async function openDenoiser(folder: Storage): Promise<Denoiser> {
  return denoiserOf(await readModel(folder, 'diffusion'));
}

/** The denoiser of a model folder's content; the caller disposes it. */
export function denoiserOf({ config, tensors }: ModelFolder): Denoiser {
  const denoiser = new Denoiser(config as unknown as DenoiserConfig);
  denoiser.load(tensors);
  return denoiser;
}

interface DiffusionSetup {
  readonly config: RunConfig;
  readonly tokens: TokenSet;
  readonly model: DenoiserConfig;
  /** what token grids are made of on the way */
  readonly fresh?: { readonly sources: TokenSources; readonly vqae: ModelFolder };
}

/** The gradients of token grids, masked at random. */
export const diffusionJob = trainingKind<DiffusionSetup>('diffusion', diffusionReplica);

/** Samples that a fresh token grid serves: making one takes about as long as a step on it. */
const SERVED = 8;

/** The denoiser with its training. A step's samples are drawn with replacement. */
function diffusionReplica({ config, tokens: { items }, model, fresh }: DiffusionSetup) {
  const { diffusion, seed } = config;
  const denoiser = new Denoiser(model, seed);
  const { batch, learningRate, weighting, times, optimiser, beta2, weightDecay } = diffusion;
  const settings = { learningRate, weighting, times, optimiser, beta2, weightDecay, seed };
  const training = new DiffusionTraining(denoiser, settings);
  const vqae = fresh && vqaeOf(fresh.vqae);
  const stocks = Array.from({ length: vqae ? batch : 0 }, (_, index) => {
    const make = async (serial: number) => (await freshTokens(config, fresh!.sources, vqae!, serial)).tokens;
    return new Rolling(make, { index, batch, served: SERVED });
  });
  return {
    denoiser,
    training,
    parameters: denoiser.parameters,
    async sample(step, index) {
      const random = Random.of(seed, 'diffusion', 'batch', step, index);
      const item = vqae ? await stocks[index].pick(step, random) : items[random.integer(items.length)];
      return training.gradients(item, { step, index });
    },
    dispose() {
      training.dispose();
      denoiser.dispose();
      vqae?.dispose();
    },
  } satisfies Replica & Record<string, unknown>;
}

/** The tokens of augmented training pair number `serial`. */
async function freshTokens(
  { tokenize, motion, seed }: RunConfig,
  sources: TokenSources,
  vqae: VqAutoencoder,
  serial: number,
) {
  const index = modulo(serial, sources.pairs.length);
  const random = Random.of(seed, 'fresh tokens', serial);
  const draw = drawAugmentation(random, sources.pairs[index].size, augmentationOf(tokenize.augmentation));
  const [grid] = await pairTokens(vqae, sources, index, { motion, draws: [draw] });
  return grid;
}

/** What a denoiser's configuration is made of; the codes are those of the autoencoder at hand. */
function modelsOf(config: RunConfig, vqae: ModelFolder | undefined) {
  const model = (vqae?.config as VqaeConfig | undefined) ?? config.vqae.model;
  return { diffusion: config.diffusion, motion: config.motion, vqae: { model } };
}

/** The autoencoder's code vectors and those of motion: each has dimensions of its own. */
async function setCodeVectors(denoiser: Denoiser, folder: ModelFolder, motion: RunConfig['motion']): Promise<void> {
  const vqae = vqaeOf(folder);
  try {
    const scans = await unitVectors(vqae.codebook);
    if (!motion) return denoiser.setCodeVectors(scans);
    const { codes, codeDim } = vqae.config;
    const moves = motionVectors(motion);
    const width = codeDim + MOTION_DIM;
    const all = new Float32Array((codes + moves.length / MOTION_DIM) * width);
    for (let code = 0; code < all.length / width; code++) {
      if (code < codes) all.set(scans.subarray(code * codeDim, (code + 1) * codeDim), code * width);
      else
        all.set(moves.subarray((code - codes) * MOTION_DIM, (code - codes + 1) * MOTION_DIM), code * width + codeDim);
    }
    denoiser.setCodeVectors(all);
  } finally {
    vqae.dispose();
  }
}

/** A codebook's values, of mean square 1. */
async function unitVectors(codebook: tf.Tensor2D): Promise<Float32Array> {
  const values = (await codebook.data()) as Float32Array;
  const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  return values.map((value) => value / Math.sqrt(square || 1));
}

function trainStep({ diffusion }: RunConfig, training: DiffusionTraining, batches: Batches) {
  return async (step: number, rateScale: number) => {
    const rate = diffusion.learningRate * rateScale * scheduleFactor(diffusion.schedule, step, diffusion.steps);
    return { ...(await batches.step(step, (...sums) => training.apply(...sums, rate, batches.orthogonalise))) };
  };
}
