import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AdamOptions as Settings } from '@paired3d/ops';
import { Adam, type AdamOptions } from './adam';
import { NnError } from './errors';
import { normal } from './initialise';
import { inPacks } from './packedMoments';
import { Parameters } from './parameters';
import { Random } from './random';
import { decodeSafetensors, encodeSafetensors } from './safetensors';
import { NOTHING, leaked } from './testing';

beforeAll(() => tf.setBackend('cpu'));

function model(): Parameters {
  const parameters = new Parameters(new Random(1));
  parameters.scope('layer').add('weight', [2, 3], normal(1));
  parameters.add('bias', [2], normal(1));
  return parameters;
}

/** Made-up gradients of a step. */
const gradientsOf = (step: number) =>
  new Map<string, tf.Tensor>([
    ['layer.weight', tf.tensor2d(Random.of('weight', step).normals(6), [2, 3])],
    ['bias', tf.tensor1d(Random.of('bias', step).normals(2))],
  ]);

function train(parameters: Parameters, adam: Adam, from: number, to: number, rate?: (step: number) => number) {
  for (let step = from; step < to; step++) {
    const gradients = gradientsOf(step);
    adam.apply(gradients, rate?.(step));
    tf.dispose([...gradients.values()]);
  }
  return valuesOf(parameters);
}

const valuesOf = (parameters: Parameters) =>
  Object.fromEntries([...parameters.entries].map(([name, variable]) => [name, Array.from(variable.dataSync())]));

/** `torch.optim.AdamW` (Adam when the decay is 0), one number at a time, in double precision. */
function reference(p: number, gradients: number[], options: AdamOptions): number {
  const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  let [m, v] = [0, 0];
  gradients.forEach((g, i) => {
    p *= 1 - learningRate * weightDecay;
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    const mHat = m / (1 - beta1 ** (i + 1));
    const vHat = v / (1 - beta2 ** (i + 1));
    p -= (learningRate * mHat) / (Math.sqrt(vHat) + epsilon);
  });
  return p;
}

/** A kernel for all parameters together, as WebGPU has one, in plain loops. */
const together: tf.KernelConfig = {
  kernelName: 'Paired3dAdamAll',
  backendName: 'cpu',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const cpu = backend as tf.KernelBackend & {
      makeTensorInfo(shape: readonly number[], dtype: 'float32', values: Float32Array): tf.TensorInfo;
    };
    const { learningRate, beta1, beta2, epsilon, step, weightDecay } = attrs as unknown as Required<Settings>;
    const read = (name: string) => (cpu.readSync(inputs[name]!.dataId) as Float32Array).slice();
    const [m, v] = [read('m'), read('v')];
    let at = 0;
    const parameters = Array.from({ length: (Object.keys(inputs).length - 2) / 2 }, (_, n) => {
      const [p, g] = [read(`p${n}`), read(`g${n}`)];
      g.forEach((gradient, i) => {
        m[at] = beta1 * m[at] + (1 - beta1) * gradient;
        v[at] = beta2 * v[at] + (1 - beta2) * gradient ** 2;
        const root = Math.sqrt(v[at] / (1 - beta2 ** step)) + epsilon;
        p[i] = p[i] * (1 - learningRate * weightDecay) - (learningRate * m[at++]) / (1 - beta1 ** step) / root;
      });
      return cpu.makeTensorInfo(inputs[`p${n}`]!.shape, 'float32', p);
    });
    return [...parameters, ...[m, v].map((values) => cpu.makeTensorInfo([values.length], 'float32', values))];
  },
};

describe.each(['one by one', 'together'])('Adam, parameters %s', (way) => {
  beforeAll(() => {
    if (way === 'together') tf.registerKernel(together);
  });
  afterAll(() => {
    if (way === 'together') tf.unregisterKernel(together.kernelName, together.backendName);
  });

  it.each([{ learningRate: 0.1 }, { learningRate: 0.05, beta1: 0.8, beta2: 0.98, epsilon: 1e-3, weightDecay: 0.1 }])(
    'takes PyTorch’s steps with %o',
    (options) => {
      const parameters = model();
      const start = valuesOf(parameters);
      const adam = new Adam(parameters, options);
      const end = train(parameters, adam, 0, 5);
      expect(adam.step).toBe(5);
      const steps = [0, 1, 2, 3, 4].map(gradientsOf);
      for (const [name, values] of Object.entries(end)) {
        values.forEach((value, i) => {
          const gradients = steps.map((step) => step.get(name)!.dataSync()[i]);
          expect(value).toBeCloseTo(reference(start[name][i], gradients, options), 5);
        });
      }
      adam.dispose();
      parameters.dispose();
    },
  );

  it('goes on bit for bit from a state that went through a safetensors file', async () => {
    const rate = (step: number) => 0.1 / (step + 1);
    const whole = model();
    const expected = train(whole, new Adam(whole, { learningRate: 1 }), 0, 7, rate);

    const first = model();
    const before = new Adam(first, { learningRate: 1 });
    train(first, before, 0, 3, rate);
    const bytes = encodeSafetensors(await before.state());
    const second = model();
    for (const [name, variable] of second.entries) variable.assign(first.entries.get(name)!);
    const after = new Adam(second, { learningRate: 1 });
    after.load(decodeSafetensors(bytes).tensors);
    expect(after.step).toBe(3);
    expect(train(second, after, 3, 7, rate)).toEqual(expected);
  });

  it('goes on bit for bit from the state before the first step, forgetting what came after', async () => {
    const parameters = model();
    const adam = new Adam(parameters, { learningRate: 0.1 });
    const fresh = await adam.state();
    const start = [...parameters.entries].map(([, variable]) => tf.clone(variable));
    const expected = train(parameters, adam, 0, 2);
    [...parameters.entries.values()].forEach((variable, i) => variable.assign(start[i]));
    adam.load(fresh);
    expect(train(parameters, adam, 0, 2)).toEqual(expected);
  });

  it('names its state as PyTorch does', async () => {
    const parameters = model();
    const adam = new Adam(parameters, { learningRate: 0.1 });
    expect([...(await adam.state()).keys()]).toEqual(['step']);
    train(parameters, adam, 0, 1);
    const state = await adam.state();
    expect([...state.keys()].sort()).toEqual([
      'bias.exp_avg',
      'bias.exp_avg_sq',
      'layer.weight.exp_avg',
      'layer.weight.exp_avg_sq',
      'step',
    ]);
    expect(state.get('layer.weight.exp_avg')!.shape).toEqual([2, 3]);
    expect(state.get('step')!.data).toEqual(Int32Array.of(1));
  });

  it('takes a weight in again that had no gradient for a while, with its moments', async () => {
    const parameters = model();
    const adam = new Adam(parameters, { learningRate: 0.1 });
    train(parameters, adam, 0, 1);
    const { data } = (await adam.state()).get('bias.exp_avg')!;
    const only = new Map([['layer.weight', tf.ones([2, 3])]]);
    adam.apply(only);
    adam.apply(only);
    expect((await adam.state()).get('bias.exp_avg')!.data).toEqual(data);
    const [bias] = [gradientsOf(4).get('bias')!];
    adam.apply(new Map([...only, ['bias', bias]]));
    const next = (await adam.state()).get('bias.exp_avg')!.data;
    bias.dataSync().forEach((g, i) => expect(next[i]).toBeCloseTo(0.9 * Number(data[i]) + 0.1 * g, 6));
  });

  it('leaves weights without a gradient alone', () => {
    const parameters = model();
    const { bias } = valuesOf(parameters);
    const adam = new Adam(parameters, { learningRate: 0.1 });
    adam.apply(new Map([['layer.weight', tf.ones([2, 3])]]));
    expect(valuesOf(parameters).bias).toEqual(bias);
  });

  it('refuses a state of other weights, and stays as it was', async () => {
    const parameters = model();
    const adam = new Adam(parameters, { learningRate: 0.1 });
    train(parameters, adam, 0, 2);
    const state = await adam.state();
    const tensor = state.get('bias.exp_avg')!;
    const damaged: [string, Map<string, typeof tensor>][] = [
      ['no step', new Map([...state].filter(([name]) => name !== 'step'))],
      ['another name', new Map([...state, ['other.exp_avg', tensor]])],
      ['another shape', new Map([...state, ['bias.exp_avg', { ...tensor, shape: [1, 2] }]])],
      ['another type', new Map([...state, ['bias.exp_avg', { ...tensor, dtype: 'I32' }]])],
      ['another moment', new Map([...state, ['bias.momentum', tensor]])],
      ['a step that is none', new Map([...state, ['step', { dtype: 'I32', shape: [], data: Int32Array.of(-1) }]])],
      ['half of a pair', new Map([...state].filter(([name]) => name !== 'bias.exp_avg_sq'))],
    ];
    for (const [what, wrong] of damaged) {
      expect(() => adam.load(wrong), what).toThrow(NnError);
      expect(await adam.state(), what).toEqual(state);
    }
  });

  it('leaves nothing behind', async () => {
    const left = await leaked(async () => {
      const parameters = model();
      const adam = new Adam(parameters, { learningRate: 0.1 });
      train(parameters, adam, 0, 3);
      adam.load(await adam.state());
      train(parameters, adam, 3, 4);
      adam.dispose();
      parameters.dispose();
    });
    expect(left).toEqual(NOTHING);
  });
});

it('packs so many values that every device binds them, and larger weights alone', () => {
  const sizes = [10, 2 ** 24 - 10, 1, 2 ** 25, 5, 6];
  const packs = inPacks(sizes.map((size, i) => [`${i}`, { size }] as const));
  expect(packs.map((pack) => pack.map(([name]) => name).join())).toEqual(['0,1', '2', '3', '4,5']);
});
