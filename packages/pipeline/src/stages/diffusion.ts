import { Denoiser, DiffusionTraining, bitsPerToken, type DenoiserConfig } from '@paired3d/absorbing-diffusion';
import { Random } from '@paired3d/nn';
import type { RunConfig } from '../run/config';
import type { RunContext } from '../run/context';
import { MODEL_FILES, readModel, writeModel } from '../run/modelFolder';
import { prefixed, unprefixed } from '../run/prefix';
import { scheduleFactor } from '../run/schedule';
import { writeJson, type Stage } from '../run/stage';
import { trainingLoop } from '../run/trainingLoop';
import type { Storage } from '../storage/storage';
import { modelCard } from './card';
import { readTokens, type TokenSet } from './tokenize';
import { openVqae } from './vqae';

interface Upstream {
  readonly folder: Storage;
  readonly hash: string;
}

/** Trains the denoiser on the token grids. */
export function diffusionStage(context: RunContext, upstream: { vqae: Upstream; tokens: Upstream }): Stage {
  const { config } = context;
  const { diffusion, seed } = config;
  return {
    name: 'diffusion',
    inputs: { vqae: upstream.vqae.hash, tokens: upstream.tokens.hash },
    config: { ...diffusion, seed },
    async run(folder) {
      const tokens = await readTokens(upstream.tokens.folder, 'train');
      const denoiser = await newDenoiser(config, tokens, upstream.vqae.folder);
      const { learningRate, weighting, beta2, weightDecay } = diffusion;
      const training = new DiffusionTraining(denoiser, { learningRate, weighting, beta2, weightDecay, seed });
      try {
        const history = await trainingLoop(context, folder, {
          stage: 'diffusion',
          total: diffusion.steps,
          trainable: {
            state: async () => prefixed({ model: await denoiser.state(), training: await training.state() }),
            load: (state) => {
              denoiser.load(unprefixed(state, 'model'));
              training.load(unprefixed(state, 'training'));
            },
            update: trainStep(config, tokens, training),
          },
        });
        const { items } = await readTokens(upstream.tokens.folder, 'validation');
        // Validation pairs without augmentation, or the training pairs when none are held out.
        const scored = (items.length > 0 ? items : tokens.items).filter((_, i) => i % config.tokenize.variants === 0);
        const bits = await bitsPerToken(denoiser, scored, { seed, repeats: 8 });
        const metrics = { bitsPerToken: bits.mean, standardError: bits.standardError };
        const card = modelCard('diffusion', context, { ...metrics, weights: denoiser.parameters.count });
        const tensors = await denoiser.state();
        await writeModel(folder, { kind: 'diffusion', config: { ...denoiser.config }, tensors }, card);
        await writeJson(folder, 'history.json', history);
        await writeJson(folder, 'metrics.json', metrics);
        return [...MODEL_FILES, 'history.json', 'metrics.json'];
      } finally {
        training.dispose();
        denoiser.dispose();
      }
    },
  };
}

/** A trained denoiser from its folder; the caller disposes it. */
export async function openDenoiser(folder: Storage): Promise<Denoiser> {
  const { config, tensors } = await readModel(folder, 'diffusion');
  const denoiser = new Denoiser(config as unknown as DenoiserConfig);
  denoiser.load(tensors);
  return denoiser;
}

async function newDenoiser({ diffusion, seed }: RunConfig, { grid }: TokenSet, vqaeFolder: Storage): Promise<Denoiser> {
  const vqae = await openVqae(vqaeFolder);
  try {
    const { codes, codeDim } = vqae.config;
    const { model } = diffusion;
    const denoiser = new Denoiser(
      model.kind === 'patch' ? { ...model, codes, codeDim, grid } : { ...model, codes, grid },
      seed,
    );
    denoiser.setCodeVectors((await vqae.codebook.data()) as Float32Array);
    return denoiser;
  } finally {
    vqae.dispose();
  }
}

function trainStep({ diffusion, seed }: RunConfig, { items }: TokenSet, training: DiffusionTraining) {
  return async (step: number, rateScale: number) => {
    const random = Random.of(seed, 'diffusion', 'batch', step);
    const batch = Array.from({ length: diffusion.batch }, () => items[random.integer(items.length)]);
    const factor = scheduleFactor(diffusion.schedule, step, diffusion.steps);
    return { ...(await training.update(batch, diffusion.learningRate * rateScale * factor)) };
  };
}
