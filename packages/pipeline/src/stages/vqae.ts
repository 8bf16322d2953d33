import { Random } from '@paired3d/nn';
import { dice } from '@paired3d/registration';
import { VqAutoencoder, VqaeTraining, cellSize, type VqaeConfig } from '@paired3d/vqae';
import * as tf from '@tensorflow/tfjs-core';
import type { PreparedPair, Size3 } from '../data/types';
import { PipelineError } from '../errors';
import { augmentationOf, type RunConfig } from '../run/config';
import type { RunContext } from '../run/context';
import { MODEL_FILES, readModel, writeModel } from '../run/modelFolder';
import { prefixed, unprefixed } from '../run/prefix';
import { scheduleFactor } from '../run/schedule';
import { writeJson, type Stage } from '../run/stage';
import { trainingLoop } from '../run/trainingLoop';
import type { Storage } from '../storage/storage';
import { modelCard } from './card';
import { pairTensor, splitPair, type TrainingPairs } from './pairs';
import { RollingPairs } from './rollingPairs';

/** The model's configuration within a run's. */
export const vqaeConfig = (config: RunConfig): VqaeConfig => ({
  spatialDims: config.spatialDims,
  ...config.vqae.model,
});

/** Trains the autoencoder on random crops of augmented training pairs. */
export function vqaeStage(context: RunContext, pairs: TrainingPairs): Stage {
  const { config } = context;
  const { vqae, seed, spatialDims, diceThreshold } = config;
  return {
    name: 'vqae',
    inputs: { pairs: pairs.hash },
    config: { vqae, seed, spatialDims, diceThreshold, validation: pairs.validation.map(({ id }) => id) },
    async run(folder) {
      const model = new VqAutoencoder(vqaeConfig(config), seed);
      const training = new VqaeTraining(model, { learningRate: vqae.learningRate, seed });
      try {
        checkGrid(model, pairs.training[0].size);
        const history = await trainingLoop(context, folder, {
          stage: 'vqae',
          total: vqae.steps,
          trainable: {
            state: async () => prefixed({ model: await model.state(), training: await training.state() }),
            load: (state) => {
              model.load(unprefixed(state, 'model'));
              training.load(unprefixed(state, 'training'));
            },
            update: trainStep(config, pairs, training),
          },
        });
        const metrics = await validate(model, pairs, diceThreshold);
        const card = modelCard('vqae', context, { ...metrics, weights: model.parameters.count });
        await writeModel(folder, { kind: 'vqae', config: { ...model.config }, tensors: await model.state() }, card);
        await writeJson(folder, 'history.json', history);
        await writeJson(folder, 'metrics.json', metrics);
        return [...MODEL_FILES, 'history.json', 'metrics.json'];
      } finally {
        training.dispose();
        model.dispose();
      }
    },
  };
}

/** A trained autoencoder from its folder; the caller disposes it. */
export async function openVqae(folder: Storage): Promise<VqAutoencoder> {
  const { config, tensors } = await readModel(folder, 'vqae');
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

/** Scores a model on the validation pairs (on the training pairs when there are none). */
export async function validate(model: VqAutoencoder, pairs: TrainingPairs, threshold: number): Promise<VqaeMetrics> {
  const scored = pairs.validation.length > 0 ? pairs.validation : pairs.training;
  const counts = new Map<number, number>();
  let sum = 0;
  for (const pair of scored) {
    const { tokens, reconstruction } = await reconstruct(model, pair);
    for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
    const [fixed, moving] = reconstruction;
    sum += (dice(pair.fixed, fixed, threshold) + dice(pair.moving, moving, threshold)) / 2;
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

async function reconstruct(model: VqAutoencoder, pair: PreparedPair) {
  const tensors = tf.tidy(() => {
    const tokens = model.tokenize(pairTensor(pair));
    return [tokens, ...splitPair(model.decodeTokens(tokens))];
  });
  const [tokens, fixed, moving] = await Promise.all(tensors.map((tensor) => tensor.data()));
  tf.dispose(tensors);
  return { tokens: tokens as Int32Array, reconstruction: [fixed as Float32Array, moving as Float32Array] };
}

function trainStep({ vqae, seed }: RunConfig, { training: pairs }: TrainingPairs, training: VqaeTraining) {
  const { size } = pairs[0];
  const cell = cellSize(training.model.config);
  const edge = size.map((n) => (n === 1 ? 1 : Math.min(vqae.crop ?? n, n))) as unknown as Size3;
  if (edge.some((n) => n > 1 && n % cell !== 0)) {
    const advice = 'change vqae.crop';
    throw new PipelineError({ where: 'vqae.crop', expected: `a multiple of ${cell}`, got: `${vqae.crop}`, advice });
  }
  const rolling = new RollingPairs(pairs, augmentationOf(vqae.augmentation), seed);
  return async (step: number, rateScale: number) => {
    const random = Random.of(seed, 'vqae', 'batch', step);
    const crops: Float32Array[] = [];
    for (let b = 0; b < vqae.batch; b++) {
      const data = await rolling.pick(step, random);
      crops.push(crop(data, size, edge, size.map((n, a) => random.integer(n - edge[a] + 1)) as unknown as Size3));
    }
    const batch = tf.tidy(() => tf.concat(crops.map((data) => tf.tensor5d(data, [1, ...edge, 2]))));
    const rate = vqae.learningRate * rateScale * scheduleFactor(vqae.schedule, step, vqae.steps);
    const metrics = await training.update(batch, rate);
    batch.dispose();
    return { ...metrics };
  };
}

/** A box of a pair [I, J, K, 2], from `start`. */
function crop(data: Float32Array, [, J, K]: Size3, [i, j, k]: Size3, [i0, j0, k0]: Size3): Float32Array {
  const out = new Float32Array(i * j * k * 2);
  for (let a = 0; a < i; a++) {
    for (let b = 0; b < j; b++) {
      const from = (((i0 + a) * J + j0 + b) * K + k0) * 2;
      out.set(data.subarray(from, from + 2 * k), (a * j + b) * k * 2);
    }
  }
  return out;
}

function checkGrid(model: VqAutoencoder, size: Size3): void {
  try {
    model.gridSize(size);
  } catch (cause) {
    const cell = cellSize(model.config);
    throw new PipelineError({
      where: 'working grid',
      expected: `multiples of ${cell} voxels, the autoencoder's cell`,
      got: size.join(' x '),
      advice: 'change the frame or the pooling of the source',
      cause,
    });
  }
}
