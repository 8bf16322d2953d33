import { Random } from '@paired3d/nn';
import { RegistrationNetwork, type RegistrationConfig } from '@paired3d/registration';
import * as tf from '@tensorflow/tfjs-core';
import type { PreparedPair } from '../data/types';
import { augmentationOf, type RunConfig } from '../run/config';
import type { RunContext } from '../run/context';
import { MODEL_FILES, readModel, writeModel } from '../run/modelFolder';
import { prefixed, unprefixed } from '../run/prefix';
import { scheduleFactor } from '../run/schedule';
import { writeJson, type Stage } from '../run/stage';
import { trainingLoop } from '../run/trainingLoop';
import type { Storage } from '../storage/storage';
import { modelCard } from './card';
import { augmentedTensor, pooledImages, pooledSize } from './pairs';

/** What a registration network is trained on: the pairs, and the hash that stands for them. */
export interface RegistrationPairs {
  readonly hash: string;
  readonly pairs: () => Promise<readonly PreparedPair[]>;
}

/** Trains the registration network on pairs; `name` tells synthetic ('registration') from real ('registration-real'). */
export function registrationStage(context: RunContext, name: string, training: RegistrationPairs): Stage {
  const { config } = context;
  const { registration, seed, spatialDims } = config;
  // Whether there is a baseline and how test pairs are adapted to does not change this training.
  const { baseline: _baseline, tta: _tta, ...settings } = registration;
  return {
    name,
    inputs: { pairs: training.hash },
    config: { ...settings, seed, spatialDims },
    async run(folder) {
      const pairs = await training.pairs();
      const network = new RegistrationNetwork(
        { ...registration.model, spatialDims, size: pooledSize(pairs[0].size, registration.pool) },
        Random.of(seed, 'registration'),
      );
      try {
        const history = await trainingLoop(context, folder, {
          stage: name,
          total: registration.steps,
          trainable: {
            state: async () => prefixed({ model: await network.state(), optimiser: await network.optimiserState() }),
            load: (state) => {
              network.load(unprefixed(state, 'model'));
              network.loadOptimiser(unprefixed(state, 'optimiser'));
            },
            update: trainStep(config, name, pairs, network),
          },
        });
        const card = modelCard('registration', context, {
          'trained on': `${pairs.length} ${name === 'registration' ? 'synthetic' : 'real'} pairs`,
          weights: network.parameters.count,
        });
        const tensors = await network.state();
        await writeModel(folder, { kind: 'registration', config: { ...network.config }, tensors }, card);
        await writeJson(folder, 'history.json', history);
        return [...MODEL_FILES, 'history.json'];
      } finally {
        network.dispose();
      }
    },
  };
}

/** A trained registration network from its folder; the caller disposes it. */
export async function openRegistration(folder: Storage): Promise<RegistrationNetwork> {
  const { config, tensors } = await readModel(folder, 'registration');
  const network = new RegistrationNetwork(config as unknown as RegistrationConfig);
  network.load(tensors);
  return network;
}

function trainStep(
  { registration, seed }: RunConfig,
  name: string,
  pairs: readonly PreparedPair[],
  network: RegistrationNetwork,
) {
  const augmentation = augmentationOf(registration.augmentation);
  return async (step: number, rateScale: number) => {
    const random = Random.of(seed, name, 'batch', step);
    const [fixed, moving] = tf.tidy(() => {
      const batch = Array.from({ length: registration.batch }, () => {
        const pair = pairs[random.integer(pairs.length)];
        return pooledImages(augmentedTensor(pair, augmentation, random), registration.pool);
      });
      return [0, 1].map((image) => tf.concat(batch.map((images) => images[image])));
    });
    const factor = scheduleFactor(registration.schedule, step, registration.steps);
    const learningRate = registration.learningRate * rateScale * factor;
    const losses = await network.trainStep(fixed, moving, { learningRate });
    tf.dispose([fixed, moving]);
    const sum = (part: 'total' | 'similarity' | 'regularity') => losses.reduce((total, loss) => total + loss[part], 0);
    return { loss: sum('total'), similarity: sum('similarity'), regularity: sum('regularity') };
  };
}
