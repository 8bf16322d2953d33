import { Random, StateDictError } from '@paired3d/nn';
import { RegistrationNetwork, type RegistrationConfig } from '@paired3d/registration';
import * as tf from '@tensorflow/tfjs-core';
import type { PreparedPair } from '../data/types';
import { PipelineError } from '../errors';
import { augmentationOf, type RunConfig } from '../run/config';
import type { RunContext } from '../run/context';
import { labelsOf } from '../run/modelConfigs';
import { MODEL_FILES, readModel, writeModel, type ModelFolder } from '../run/modelFolder';
import { prefixed, unprefixed } from '../run/prefix';
import { scheduleFactor } from '../run/schedule';
import { writeJson, type Stage } from '../run/stage';
import { trainingLoop } from '../run/trainingLoop';
import type { Storage } from '../storage/storage';
import { Batches, trainingKind, type Replica } from '../workers/batches';
import { modelCard } from './card';
import { augmentedTensor, pooledImages, pooledSize } from './pairs';

/** What a registration network is trained on: the pairs, and the hash that stands for them. */
export interface RegistrationPairs {
  readonly hash: string;
  readonly pairs: () => Promise<readonly PreparedPair[]>;
  /** the weights to begin with, and the hash that stands for them */
  readonly start?: { readonly hash: string; readonly folder: Storage };
}

/** Trains the registration network on pairs; `name` tells synthetic ('registration') from real ('registration-real'). */
export function registrationStage(context: RunContext, name: string, training: RegistrationPairs): Stage {
  const { config } = context;
  const { registration, seed, spatialDims } = config;
  // Whether there is a baseline and how test pairs are adapted to does not change this training.
  const { baseline: _baseline, tta: _tta, ...settings } = registration;
  return {
    name,
    inputs: { pairs: training.hash, ...(training.start && { start: training.start.hash }) },
    config: { ...settings, seed, spatialDims },
    async run(folder) {
      const pairs = await training.pairs();
      const setup = { config, name, pairs };
      const replica = registrationReplica(setup);
      const { network } = replica;
      if (training.start) await takeWeights(network, training.start.folder);
      let batches: Batches | undefined;
      try {
        batches = await Batches.open(context, registrationJob, setup, { replica, size: registration.batch });
        const history = await trainingLoop(context, folder, {
          stage: name,
          total: registration.steps,
          trainable: {
            state: async () => prefixed({ model: await network.state(), optimiser: await network.optimiserState() }),
            load: (state) => {
              network.load(unprefixed(state, 'model'));
              network.loadOptimiser(unprefixed(state, 'optimiser'));
            },
            update: trainStep(config, network, batches),
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
        await batches?.close();
        replica.dispose();
      }
    },
  };
}

/** A trained registration network from its folder; the caller disposes it. */
export async function openRegistration(folder: Storage): Promise<RegistrationNetwork> {
  return registrationOf(await readModel(folder, 'registration'));
}

/** The network of a model folder's content; the caller disposes it. */
export function registrationOf({ config, tensors }: ModelFolder): RegistrationNetwork {
  const network = new RegistrationNetwork(config as unknown as RegistrationConfig);
  network.load(tensors);
  return network;
}

/**
 * A network's convolutions fit images of every size, so what was learned at one resolution can be gone on with at another.
 * @throws PipelineError when the layers are not the same
 */
async function takeWeights(network: RegistrationNetwork, folder: Storage): Promise<void> {
  const { tensors } = await readModel(folder, 'registration');
  try {
    network.load(tensors);
  } catch (cause) {
    if (!(cause instanceof StateDictError)) throw cause;
    const advice = 'set registration.model.channels as its training did';
    throw new PipelineError({
      where: 'start',
      expected: 'a network of the same layers',
      got: cause.message,
      advice,
      cause,
    });
  }
}

interface RegistrationSetup {
  readonly config: RunConfig;
  /** of the stage: its trainings draw different samples */
  readonly name: string;
  readonly pairs: readonly PreparedPair[];
}

/** The gradients of augmented pairs. */
export const registrationJob = trainingKind<RegistrationSetup>('registration', registrationReplica);

/** The network, and how it makes the samples of a step. */
function registrationReplica({ config, name, pairs }: RegistrationSetup) {
  const { registration, seed, spatialDims } = config;
  const { pool } = registration;
  const augmentation = augmentationOf(registration.augmentation);
  const network = new RegistrationNetwork(
    { ...registration.model, ...labelsOf(config.source), spatialDims, size: pooledSize(pairs[0].size, pool) },
    Random.of(seed, 'registration'),
  );
  return {
    network,
    parameters: network.parameters,
    sample(step, index) {
      const random = Random.of(seed, name, 'batch', step, index);
      const pair = pairs[random.integer(pairs.length)];
      const [fixed, moving] = tf.tidy(() => pooledImages(augmentedTensor(pair, augmentation, random), pool));
      const sample = network.gradients(fixed, moving);
      tf.dispose([fixed, moving]);
      return Promise.resolve(sample);
    },
    dispose: () => network.dispose(),
  } satisfies Replica & Record<string, unknown>;
}

function trainStep({ registration }: RunConfig, network: RegistrationNetwork, batches: Batches) {
  return async (step: number, rateScale: number) => {
    const factor = scheduleFactor(registration.schedule, step, registration.steps);
    const learningRate = registration.learningRate * rateScale * factor;
    const losses = await batches.step(step, (mean, facts) => network.apply(mean, facts, { learningRate }));
    const sum = (part: 'total' | 'similarity' | 'regularity') => losses.reduce((total, loss) => total + loss[part], 0);
    return { loss: sum('total'), similarity: sum('similarity'), regularity: sum('regularity') };
  };
}
