import {
  Denoiser,
  DiffusionTraining,
  bitsPerToken,
  unigramBits,
  type DenoiserConfig,
} from '@paired3d/absorbing-diffusion';
import { Random } from '@paired3d/nn';
import type { VqaeConfig } from '@paired3d/vqae';
import type { RunConfig } from '../run/config';
import type { RunContext } from '../run/context';
import { MODEL_FILES, readModel, writeModel, type ModelFolder } from '../run/modelFolder';
import { prefixed, unprefixed } from '../run/prefix';
import { scheduleFactor } from '../run/schedule';
import { writeJson, type Stage } from '../run/stage';
import { trainingLoop } from '../run/trainingLoop';
import type { Storage } from '../storage/storage';
import { Batches, trainingKind, type Replica } from '../workers/batches';
import { modelCard } from './card';
import { readTokens, type TokenSet } from './tokenize';
import { openVqae } from './vqae';

interface Upstream {
  readonly folder: Storage;
  readonly hash: string;
}

/**
 * Trains the denoiser on the token grids. Without the autoencoder that made them the size of its codebook is the
 * configuration's, and there are no code vectors: tokens then have free embeddings alone.
 */
export function diffusionStage(context: RunContext, upstream: { vqae?: Upstream; tokens: Upstream }): Stage {
  const { config } = context;
  const { diffusion, seed } = config;
  return {
    name: 'diffusion',
    inputs: { ...(upstream.vqae && { vqae: upstream.vqae.hash }), tokens: upstream.tokens.hash },
    config: { ...diffusion, seed },
    async run(folder) {
      const tokens = await readTokens(upstream.tokens.folder, 'train');
      const setup = { config, tokens, model: await denoiserConfig(config, tokens, upstream.vqae?.folder) };
      const { model } = setup;
      const replica = diffusionReplica(setup);
      const { denoiser, training } = replica;
      let batches: Batches | undefined;
      try {
        if (upstream.vqae) await setCodeVectors(denoiser, upstream.vqae.folder);
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
        const bits = await bitsPerToken(denoiser, scored, { seed, repeats: 8 });
        const metrics = {
          bitsPerToken: bits.mean,
          standardError: bits.standardError,
          // What counting codes gives: the denoiser must be below.
          unigramBits: unigramBits(tokens.items, scored, model.codes),
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
}

/** The gradients of token grids, masked at random. */
export const diffusionJob = trainingKind<DiffusionSetup>('diffusion', diffusionReplica);

/** The denoiser with its training. A step's samples are drawn with replacement. */
function diffusionReplica({ config: { diffusion, seed }, tokens: { items }, model }: DiffusionSetup) {
  const denoiser = new Denoiser(model, seed);
  const { learningRate, weighting, beta2, weightDecay } = diffusion;
  const training = new DiffusionTraining(denoiser, { learningRate, weighting, beta2, weightDecay, seed });
  return {
    denoiser,
    training,
    parameters: denoiser.parameters,
    sample(step, index) {
      const item = items[Random.of(seed, 'diffusion', 'batch', step, index).integer(items.length)];
      return Promise.resolve(training.gradients(item, { step, index }));
    },
    dispose() {
      training.dispose();
      denoiser.dispose();
    },
  } satisfies Replica & Record<string, unknown>;
}

async function denoiserConfig(config: RunConfig, { grid }: TokenSet, vqae: Storage | undefined) {
  const { model } = config.diffusion;
  const made = vqae && ((await readModel(vqae, 'vqae')).config as unknown as VqaeConfig);
  const { codes, codeDim } = made ?? config.vqae.model;
  return model.kind === 'patch' ? { ...model, codes, codeDim, grid } : { ...model, codes, grid };
}

async function setCodeVectors(denoiser: Denoiser, vqaeFolder: Storage): Promise<void> {
  const vqae = await openVqae(vqaeFolder);
  try {
    denoiser.setCodeVectors((await vqae.codebook.data()) as Float32Array);
  } finally {
    vqae.dispose();
  }
}

function trainStep({ diffusion }: RunConfig, training: DiffusionTraining, batches: Batches) {
  return async (step: number, rateScale: number) => {
    const rate = diffusion.learningRate * rateScale * scheduleFactor(diffusion.schedule, step, diffusion.steps);
    return { ...(await batches.step(step, (gradients, facts) => training.apply(gradients, facts, rate))) };
  };
}
