import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { adamUpdate } from './adamUpdate';
import { gelu } from './gelu';
import { instanceNorm, instanceNormPrelu } from './instanceNorm';
import { layerNorm } from './layerNorm';
import { prelu } from './prelu';
import { host } from './reference/host';
import {
  adamReference,
  geluReference,
  instanceNormReference,
  layerNormReference,
  preluReference,
} from './reference/pointwise';
import { expectClose, itBehaves, upload, type Case } from './testing/behaviour';
import { onEveryDevice } from './testing/devices';
import { CaseRandom, randomCases } from './testing/random';

const volume = (random: CaseRandom) => [random.integer(1, 2), ...random.three(2, 5), random.pick([1, 2, 3, 5, 8])];
const slope = () => host([1], [0.25]);

function normCases(random: CaseRandom): Case[] {
  const shape = volume(random);
  const epsilon = random.pick([1e-5, 0.1]);
  return [
    {
      name: `instanceNorm [${shape}], epsilon ${epsilon}`,
      inputs: [random.tensor(shape, 3)],
      run: (x: tf.Tensor5D) => instanceNorm(x, { epsilon }),
      reference: (x) => instanceNormReference(x, epsilon),
    },
    {
      name: `instanceNormPrelu [${shape}]`,
      inputs: [random.tensor(shape, 3), slope()],
      run: (x: tf.Tensor5D, alpha: tf.Tensor1D) => instanceNormPrelu(x, alpha),
      reference: (x, alpha) => preluReference(instanceNormReference(x, 1e-5), alpha),
    },
    {
      name: `prelu [${shape}]`,
      inputs: [random.tensor(shape), slope()],
      run: (x: tf.Tensor5D, alpha: tf.Tensor1D) => prelu(x, alpha),
      reference: preluReference,
    },
    {
      name: `gelu [${shape}]`,
      inputs: [random.tensor(shape, 5)],
      run: (x: tf.Tensor5D) => gelu(x),
      reference: geluReference,
    },
    {
      name: `layerNorm [${shape.slice(2)}]`,
      inputs: [random.tensor([...shape.slice(2, 4), 6], 3), random.tensor([6]), random.tensor([6])],
      run: (x: tf.Tensor, scale: tf.Tensor1D, offset: tf.Tensor1D) => layerNorm(x, scale, offset),
      reference: (x, scale, offset) => layerNormReference(x, scale, offset, 1e-5),
    },
  ];
}

onEveryDevice(() => {
  randomCases(5, normCases).flat().forEach(itBehaves);

  it.each([0, 0.01])('adamUpdate follows the formula over three steps, weight decay %f', async (weightDecay) => {
    const random = new CaseRandom(5);
    const shape = [1, 2, 3, 2, 3];
    const settings = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay };
    let expected = [random.tensor(shape), host(shape), host(shape)];
    let state = expected.map(upload);
    for (let step = 1; step <= 3; step++) {
      const gradient = random.tensor(shape, 0.1);
      const g = upload(gradient);
      const before = tf.memory().numTensors;
      const [p, m, v] = state;
      const next = adamUpdate(p, g, m, v, { ...settings, step });
      expect(tf.memory().numTensors).toBe(before + 3);
      tf.dispose([g, ...state]);
      state = next;
      expected = adamReference([expected[0], gradient, expected[1], expected[2]], { ...settings, step });
    }
    for (const [i, tensor] of state.entries()) await expectClose(tensor, expected[i], 1e-6);
    tf.dispose(state);
  });
});
