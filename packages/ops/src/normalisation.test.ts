import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { adamUpdate } from './adamUpdate';
import { adamUpdateAll } from './adamUpdateAll';
import { addBias } from './addBias';
import { gelu } from './gelu';
import { instanceNorm, instanceNormPrelu } from './instanceNorm';
import { layerNorm } from './layerNorm';
import { prelu } from './prelu';
import { host } from './reference/host';
import {
  adamReference,
  addBiasReference,
  geluReference,
  instanceNormReference,
  layerNormReference,
  preluReference,
} from './reference/pointwise';
import { expectClose, itBehaves, upload } from './testing/behaviour';
import { onEveryDevice } from './testing/devices';
import { CaseRandom, channels, three, upTo } from './testing/random';

// Of fewer voxels or columns the normalised values are constants, and their gradients nothing but cancellation.
const volume = { batch: upTo(2), size: three(2, 5), channels };
const width = fc.constantFrom(3, 4, 6, 8, 17, 33);
const slope = host([1], [0.25]);

onEveryDevice(() => {
  itBehaves(
    'instanceNorm',
    { ...volume, epsilon: fc.constantFrom(1e-5, 0.1) },
    ({ batch, size, channels, epsilon }, random) => ({
      inputs: [random.tensor([batch, ...size, channels], 3)],
      run: (x: tf.Tensor5D) => instanceNorm(x, { epsilon }),
      reference: (x) => instanceNormReference(x, epsilon),
    }),
  );

  itBehaves('instanceNormPrelu', volume, ({ batch, size, channels }, random) => ({
    inputs: [random.tensor([batch, ...size, channels], 3), slope],
    run: (x: tf.Tensor5D, alpha: tf.Tensor1D) => instanceNormPrelu(x, alpha),
    reference: (x, alpha) => preluReference(instanceNormReference(x, 1e-5), alpha),
  }));

  itBehaves('addBias', volume, ({ batch, size, channels }, random) => ({
    inputs: [random.tensor([batch, ...size, channels]), random.tensor([channels])],
    run: (x: tf.Tensor5D, bias: tf.Tensor1D) => addBias(x, bias),
    reference: addBiasReference,
  }));

  itBehaves('prelu', volume, ({ batch, size, channels }, random) => ({
    inputs: [random.tensor([batch, ...size, channels]), slope],
    run: (x: tf.Tensor5D, alpha: tf.Tensor1D) => prelu(x, alpha),
    reference: preluReference,
  }));

  itBehaves('gelu', { rows: upTo(9), width: channels }, ({ rows, width }, random) => ({
    inputs: [random.tensor([rows, width], 5)],
    run: (x: tf.Tensor2D) => gelu(x),
    reference: geluReference,
  }));

  itBehaves('layerNorm', { lead: fc.constantFrom([], [7], [2, 3]), width }, ({ lead, width }, random) => ({
    inputs: [random.tensor([...lead, width], 3), random.tensor([width]), random.tensor([width])],
    run: (x: tf.Tensor, scale: tf.Tensor1D, offset: tf.Tensor1D) => layerNorm(x, scale, offset),
    reference: (x, scale, offset) => layerNormReference(x, scale, offset, 1e-5),
  }));

  itBehaves(
    'adamUpdate',
    { result: fc.nat(2), count: upTo(40), step: upTo(100), weightDecay: fc.constantFrom(0, 0.1) },
    ({ result, count, step, weightDecay }, random) => {
      const settings = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step, weightDecay };
      return {
        inputs: [...[1, 0.1, 0.1].map((scale) => random.tensor([count], scale)), random.between([count], 0.01, 0.1)],
        run: (p, g, m, v) => tf.tidy(() => adamUpdate<tf.Tensor>(p, g, m, v, settings)[result]),
        reference: (...inputs) => adamReference(inputs, settings)[result],
        differentiable: [],
        tolerance: 1e-6,
      };
    },
  );

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

  it('adamUpdateAll is adamUpdate of each, to the last bit', async () => {
    const random = new CaseRandom(6);
    const shapes = [[3, 2], [1], [300], [2, 1, 4]];
    const options = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: 3, weightDecay: 0.1 };
    const [p, g, m, v] = [1, 0.1, 0.1, 0].map((scale) =>
      shapes.map((shape) => upload(scale ? random.tensor(shape, scale) : random.between(shape, 0.01, 0.1))),
    );
    const joined = (tensors: tf.Tensor[]) => tf.concat(tensors.map((tensor) => tensor.reshape([-1]))) as tf.Tensor1D;
    const [allM, allV] = [joined(m), joined(v)];
    const before = tf.memory().numTensors;
    const all = adamUpdateAll(p, g, allM, allV, options);
    expect(tf.memory().numTensors).toBe(before + shapes.length + 2);
    const expected = shapes.map((_, i) => adamUpdate(p[i], g[i], m[i], v[i], options));
    for (const [i, tensor] of all.parameters.entries()) {
      expect(tensor.shape).toEqual(shapes[i]);
      expect(await tensor.data()).toEqual(await expected[i][0].data());
    }
    expect(await all.m.data()).toEqual(await joined(expected.map((made) => made[1])).data());
    expect(await all.v.data()).toEqual(await joined(expected.map((made) => made[2])).data());
  });
});
