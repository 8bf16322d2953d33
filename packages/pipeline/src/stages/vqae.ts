import { dice } from '@paired3d/registration';
import { VqAutoencoder, type VqaeConfig } from '@paired3d/vqae';
import type { PreparedPair } from '../data/types';
import { throwIfAborted } from '../errors';
import type { RunContext } from '../run/context';
import { MODEL_FILES, readModel, writeModel, type ModelFolder } from '../run/modelFolder';
import { prefixed, unprefixed } from '../run/prefix';
import { writeJson, type Stage } from '../run/stage';
import { trainingLoop } from '../run/trainingLoop';
import type { Storage } from '../storage/storage';
import { Batches } from '../workers/batches';
import { modelCard } from './card';
import { decodePair, tokenizePair } from './pairCoder';
import { pairTensor, readPair, type TrainingPairs } from './pairs';
import { trainStep, vqaeJob, vqaeReplica } from './vqaeTraining';

/** Trains the autoencoder on random crops of augmented training pairs. */
export function vqaeStage(context: RunContext, pairs: TrainingPairs): Stage {
  const { config } = context;
  const { vqae, seed, spatialDims, diceThreshold } = config;
  return {
    name: 'vqae',
    inputs: { pairs: pairs.hash },
    config: { vqae, seed, spatialDims, diceThreshold, validation: pairs.validation.map(({ id }) => id) },
    async run(folder) {
      const setup = { config, pairs: pairs.training };
      const replica = vqaeReplica(setup);
      const { model, training } = replica;
      let batches: Batches | undefined;
      try {
        batches = await Batches.open(context, vqaeJob, setup, { replica, size: vqae.batch });
        const history = await trainingLoop(context, folder, {
          stage: 'vqae',
          total: vqae.steps,
          trainable: {
            state: async () => prefixed({ model: await model.state(), training: await training.state() }),
            load: (state) => {
              model.load(unprefixed(state, 'model'));
              training.load(unprefixed(state, 'training'));
            },
            update: trainStep(config, replica, batches),
          },
        });
        const metrics = await validate(model, pairs, diceThreshold, context.signal).catch((error: unknown) => {
          throwIfAborted(context.signal, 'vqae');
          throw error;
        });
        const card = modelCard('vqae', context, { ...metrics, weights: model.parameters.count });
        await writeModel(folder, { kind: 'vqae', config: { ...model.config }, tensors: await model.state() }, card);
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

/** A trained autoencoder from its folder; the caller disposes it. */
export async function openVqae(folder: Storage): Promise<VqAutoencoder> {
  return vqaeOf(await readModel(folder, 'vqae'));
}

/** The autoencoder of a model folder's content; the caller disposes it. */
export function vqaeOf({ config, tensors }: ModelFolder): VqAutoencoder {
  const model = new VqAutoencoder(config as unknown as VqaeConfig);
  model.load(tensors);
  return model;
}

/** What the autoencoder makes of held-out pairs. */
export interface VqaeMetrics {
  /** mean overlap of images and reconstructions */
  readonly dice: number;
  /** different codes in the tokens of the validation pairs */
  readonly codesUsed: number;
  /** codes there are */
  readonly codes: number;
  /** exp of the entropy of the codes' frequencies */
  readonly perplexity: number;
}

/**
 * Scores a model on the validation pairs (on the training pairs when there are none).
 * @throws the signal's reason when aborted
 */
export async function validate(
  model: VqAutoencoder,
  pairs: TrainingPairs,
  threshold: number,
  signal?: AbortSignal,
): Promise<VqaeMetrics> {
  const scored = pairs.validation.length > 0 ? pairs.validation : pairs.training;
  const counts = new Map<number, number>();
  let sum = 0;
  for (const pair of scored) {
    const { tokens, reconstruction } = await reconstruct(model, pair, signal);
    for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
    const [fixed, moving] = reconstruction;
    const { labels } = pair;
    sum += (dice(pair.fixed, fixed, threshold, labels) + dice(pair.moving, moving, threshold, labels)) / 2;
  }
  const total = [...counts.values()].reduce((a, b) => a + b, 0);
  const entropy = [...counts.values()].reduce((h, n) => h - (n / total) * Math.log(n / total), 0);
  return {
    dice: sum / scored.length,
    codesUsed: counts.size,
    codes: model.config.codes,
    perplexity: Math.exp(entropy),
  };
}

async function reconstruct(model: VqAutoencoder, pair: PreparedPair, signal?: AbortSignal) {
  const whole = pairTensor(pair);
  const tokens = await tokenizePair(model, whole, { signal }).finally(() => whole.dispose());
  try {
    const decoded = await decodePair(model, tokens, { signal });
    const reconstruction = await readPair(decoded);
    decoded.dispose();
    return { tokens: (await tokens.data()) as Int32Array, reconstruction };
  } finally {
    tokens.dispose();
  }
}
