import { Random } from '@paired3d/nn';
import { VqAutoencoder, VqaeTraining, cellSize } from '@paired3d/vqae';
import * as tf from '@tensorflow/tfjs-core';
import type { PreparedPair, Size3 } from '../data/types';
import { PipelineError } from '../errors';
import { augmentationOf, type RunConfig } from '../run/config';
import { vqaeConfigOf } from '../run/modelConfigs';
import { scheduleFactor } from '../run/schedule';
import { trainingKind, type Batches, type Replica } from '../workers/batches';
import { RollingPairs } from './rollingPairs';

interface VqaeSetup {
  readonly config: RunConfig;
  readonly pairs: readonly PreparedPair[];
}

/** The gradients of random crops of augmented training pairs. */
export const vqaeJob = trainingKind<VqaeSetup>('vqae', vqaeReplica);

/** The autoencoder with its training, and how it makes the samples of a step: [1, i, j, k, 2 labels], a crop. */
export function vqaeReplica({ config, pairs }: VqaeSetup) {
  const { vqae, seed } = config;
  const { size, labels = 1 } = pairs[0];
  const channels = 2 * labels;
  const edge = cropSize(config, size);
  const model = new VqAutoencoder(vqaeConfigOf(config), seed);
  const { learningRate, optimiser } = vqae;
  const training = new VqaeTraining(model, { learningRate, optimiser, seed });
  const stocks = Array.from({ length: vqae.batch }, (_, index) => {
    return new RollingPairs(pairs, augmentationOf(vqae.augmentation), seed, { index, batch: vqae.batch });
  });
  const pair = async (step: number, index: number): Promise<tf.Tensor5D> => {
    const random = Random.of(seed, 'vqae', 'batch', step, index);
    const data = await stocks[index].pick(step, random);
    const start = size.map((n, a) => random.integer(n - edge[a] + 1)) as unknown as Size3;
    return tf.tensor5d(crop(data, [...size, channels], edge, start), [1, ...edge, channels]);
  };
  return {
    model,
    training,
    parameters: model.parameters,
    pair,
    async sample(step, index) {
      const sample = await pair(step, index);
      const result = training.gradients(sample);
      sample.dispose();
      return result;
    },
    dispose() {
      training.dispose();
      model.dispose();
    },
  } satisfies Replica & Record<string, unknown>;
}

/** One step of `trainingLoop`. */
export function trainStep({ vqae }: RunConfig, { training, pair }: ReturnType<typeof vqaeReplica>, batches: Batches) {
  return async (step: number, rateScale: number) => {
    if (!training.initialised) {
      const first: tf.Tensor5D[] = [];
      for (let index = 0; index < vqae.batch; index++) first.push(await pair(step, index));
      await training.initialise(first);
      tf.dispose(first);
    }
    const rate = vqae.learningRate * rateScale * scheduleFactor(vqae.schedule, step, vqae.steps);
    return { ...(await batches.step(step, (...sums) => training.apply(...sums, rate, batches.orthogonalise))) };
  };
}

/** Edges of the crops on a grid of a size, both in whole cells of the autoencoder. An axis of one slice stays. */
function cropSize(config: RunConfig, size: Size3): Size3 {
  const { crop } = config.vqae;
  const cell = cellSize(vqaeConfigOf(config));
  const uneven = (edges: Size3) => edges.some((n) => n > 1 && n % cell !== 0);
  if (uneven(size)) {
    const expected = `multiples of ${cell} voxels, the autoencoder's cell`;
    const advice = 'change the frame or the pooling of the source';
    throw new PipelineError({ where: 'working grid', expected, got: size.join(' x '), advice });
  }
  const edges = size.map((n) => (n === 1 ? 1 : Math.min(crop ?? n, n))) as unknown as Size3;
  if (uneven(edges)) {
    const advice = 'change vqae.crop';
    throw new PipelineError({ where: 'vqae.crop', expected: `a multiple of ${cell}`, got: `${crop}`, advice });
  }
  return edges;
}

/** A box of a pair [I, J, K, channels], from `start`. */
function crop(
  data: Float32Array,
  [, J, K, channels]: readonly number[],
  [i, j, k]: Size3,
  [i0, j0, k0]: Size3,
): Float32Array {
  const out = new Float32Array(i * j * k * channels);
  for (let a = 0; a < i; a++) {
    for (let b = 0; b < j; b++) {
      const from = (((i0 + a) * J + j0 + b) * K + k0) * channels;
      out.set(data.subarray(from, from + channels * k), (a * j + b) * k * channels);
    }
  }
  return out;
}
