import { Random } from '@paired3d/nn';
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { VqAutoencoder, separate } from './model';
import { NOTHING, leaked, tinyConfig } from './testing';
import { VqaeTraining } from './training';

beforeAll(() => tf.setBackend('cpu'));

const LABELS = 3;
const SIZE = [1, 8, 12] as const;
const VOXELS = 96;

/** Stripes of background and three labels, shifted between fixed and moving: [B, ...SIZE, 2 LABELS]. */
function stripes(batch: number): tf.Tensor5D {
  const values = new Float32Array(batch * VOXELS * 2 * LABELS);
  for (let b = 0; b < batch; b++) {
    for (let voxel = 0; voxel < VOXELS; voxel++) {
      for (const image of [0, 1]) {
        const label = (Math.floor((voxel % 12) / 3) + image + b) % (LABELS + 1);
        if (label > 0) values[((b * VOXELS + voxel) * 2 + image) * LABELS + label - 1] = 1;
      }
    }
  }
  return tf.tensor5d(values, [batch, ...SIZE, 2 * LABELS]);
}

describe.each([
  ['monai', 'joint'],
  ['monai', 'separate'],
  ['patch', 'joint'],
  ['patch', 'separate'],
] as const)('maps of three labels, %s network, %s coding', (kind, coding) => {
  const config = tinyConfig(kind, { spatialDims: 2, coding, labels: LABELS, classWeights: [1, 2], diceWeight: 0 });

  it('go in and come out as probabilities of the labels of each image', async () => {
    const left = await leaked(async () => {
      const model = new VqAutoencoder(config, 1);
      const pair = stripes(2);
      const tokens = model.tokenize(pair);
      expect(tokens.shape).toEqual([2, coding === 'joint' ? 1 : 2, 1, 2, 3]);
      const decoded = model.decodeTokens(tokens);
      expect(decoded.shape).toEqual([2, ...SIZE, 2 * LABELS]);
      const values = (await decoded.data()) as Float32Array;
      for (let image = 0; image < values.length; image += LABELS) {
        const sum = values.subarray(image, image + LABELS).reduce((a, b) => a + b, 0);
        expect(sum).toBeGreaterThan(0);
        expect(sum).toBeLessThan(1);
      }
      tf.dispose([pair, tokens, decoded]);
      model.dispose();
    });
    expect(left).toEqual(NOTHING);
  });

  it('have the weighted cross entropy of background and labels as their loss, the mean of both images', async () => {
    const model = new VqAutoencoder({ ...config, codebookWeight: 0 }, 1);
    const training = new VqaeTraining(model, { learningRate: 1e-3, seed: 1 });
    const pair = stripes(1);
    const { total } = training.loss(pair);
    const tokens = model.tokenize(pair);
    const probabilities = await model.decodeTokens(tokens).data();
    const truth = await pair.data();
    const losses = [0, 1].map((image) => {
      let [sum, weights] = [0, 0];
      for (let voxel = 0; voxel < VOXELS; voxel++) {
        const at = (voxel * 2 + image) * LABELS;
        const label = [0, 1, 2].find((l) => truth[at + l] === 1);
        const background = 1 - [0, 1, 2].reduce((rest, l) => rest + probabilities[at + l], 0);
        const weight = label === undefined ? 1 : 2;
        sum -= weight * Math.log(label === undefined ? background : probabilities[at + label]);
        weights += weight;
      }
      return { sum, weights };
    });
    const [fixed, moving] = losses;
    // Coded separately, both images are one batch with one sum of weights.
    const expected =
      coding === 'joint'
        ? (fixed.sum / fixed.weights + moving.sum / moving.weights) / 2
        : (fixed.sum + moving.sum) / (fixed.weights + moving.weights);
    expect((await total.data())[0]).toBeCloseTo(expected, 4);
    training.dispose();
    model.dispose();
  });

  it('are learned', async () => {
    const model = new VqAutoencoder({ ...config, diceWeight: 0.2 }, 1);
    const training = new VqaeTraining(model, { learningRate: 1e-2, seed: 1 });
    const pair = stripes(2);
    const first = await training.update(pair);
    let last = first;
    for (let step = 0; step < 12; step++) last = await training.update(pair);
    expect(last.loss).toBeLessThan(0.9 * first.loss);
    training.dispose();
    model.dispose();
  });
});

it('separate puts the labels of the moving image behind those of the fixed one', async () => {
  const values = new Random(1).normals(2 * 4 * 2 * LABELS);
  const separated = await separate(tf.tensor5d(values, [2, 1, 2, 2, 2 * LABELS])).data();
  for (let b = 0; b < 2; b++) {
    for (let voxel = 0; voxel < 4; voxel++) {
      for (let image = 0; image < 2; image++) {
        for (let label = 0; label < LABELS; label++) {
          const expected = values[((b * 4 + voxel) * 2 + image) * LABELS + label];
          expect(separated[((b * 2 + image) * 4 + voxel) * LABELS + label]).toBeCloseTo(expected, 6);
        }
      }
    }
  }
});

it('the configuration refuses no label at all', () => {
  expect(() => new VqAutoencoder(tinyConfig('patch', { labels: 0 }))).toThrow(
    'VqaeConfig.labels: expected a natural number, got 0; correct the configuration',
  );
});
