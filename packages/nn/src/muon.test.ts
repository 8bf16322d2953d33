import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Adam } from './adam';
import { NnError } from './errors';
import { normal } from './initialise';
import { Muon } from './muon';
import type { Optimiser } from './optimiser';
import { orthogonalise, orthogonaliseHere, type OrthogonaliseAll } from './orthogonalise';
import { Parameters } from './parameters';
import { Random } from './random';
import { decodeSafetensors, encodeSafetensors } from './safetensors';
import { NOTHING, leaked } from './testing';

beforeAll(() => tf.setBackend('cpu'));

const SHAPES = { 'conv.weight': [2, 1, 1, 3, 4], 'linear.weight': [2, 3], 'linear.bias': [2], 'token.weight': [5, 2] };
type Name = keyof typeof SHAPES;
const NAMES = Object.keys(SHAPES) as Name[];
const hidden = (name: string) => !name.startsWith('token.');
const MATRICES: Name[] = ['conv.weight', 'linear.weight'];

function model(): Parameters {
  const parameters = new Parameters(new Random(1));
  for (const name of NAMES) parameters.add(name, SHAPES[name], normal(1));
  return parameters;
}

/** Made-up gradients of a step. */
const gradientsOf = (step: number, names: readonly Name[] = NAMES) =>
  new Map<string, tf.Tensor>(
    names.map((name) => {
      const size = tf.util.sizeFromShape(SHAPES[name]);
      return [name, tf.tensor(Random.of(name, step).normals(size), SHAPES[name])];
    }),
  );

async function train(parameters: Parameters, optimiser: Optimiser, from: number, to: number, names = NAMES) {
  for (let step = from; step < to; step++) {
    const gradients = gradientsOf(step, names);
    await optimiser.apply(gradients, 0.1 / (step + 1));
    tf.dispose([...gradients.values()]);
  }
  return valuesOf(parameters);
}

const valuesOf = (parameters: Parameters) =>
  Object.fromEntries([...parameters.entries].map(([name, variable]) => [name, Array.from(variable.dataSync())]));

/** `torch.optim.Muon`'s step, one number at a time; [rows, columns] is the matrix that the weight is read as. */
function reference(p: number[], name: Name, [rows, columns]: readonly [number, number], steps: number, decay: number) {
  let buffer = p.map(() => 0);
  for (let step = 0; step < steps; step++) {
    const rate = 0.1 / (step + 1);
    const gradient = Array.from(gradientsOf(step).get(name)!.dataSync());
    buffer = buffer.map((b, i) => 0.9 * b + 0.1 * gradient[i]);
    const nesterov = gradient.map((g, i) => 0.1 * g + 0.9 * buffer[i]);
    const change = orthogonalise(tf.tensor2d(nesterov, [rows, columns])).dataSync();
    const scale = rate * 0.2 * Math.sqrt(Math.max(rows, columns));
    p = p.map((value, i) => value * (1 - rate * decay) - scale * change[i]);
  }
  return p;
}

describe('Muon', () => {
  it.each([0, 0.3])('moves hidden matrices as PyTorch’s does, with a weight decay of %s', async (weightDecay) => {
    const parameters = model();
    const start = valuesOf(parameters);
    const muon = new Muon(parameters, { learningRate: 1, momentum: 0.9, weightDecay, hidden });
    const end = await train(parameters, muon, 0, 4);
    expect(muon.step).toBe(4);
    // A convolution's outputs are its last axis.
    const conv = reference(start['conv.weight'], 'conv.weight', [6, 4], 4, weightDecay);
    const linear = reference(start['linear.weight'], 'linear.weight', [2, 3], 4, weightDecay);
    conv.forEach((value, i) => expect(end['conv.weight'][i]).toBeCloseTo(value, 5));
    linear.forEach((value, i) => expect(end['linear.weight'][i]).toBeCloseTo(value, 5));
  });

  it('moves everything else as Adam does', async () => {
    const options = { learningRate: 1, beta2: 0.98, weightDecay: 0.1 };
    const [one, other] = [model(), model()];
    const withMuon = await train(one, new Muon(one, { ...options, hidden }), 0, 3);
    const withAdam = await train(other, new Adam(other, options), 0, 3);
    for (const name of ['linear.bias', 'token.weight']) expect(withMuon[name], name).toEqual(withAdam[name]);
    for (const name of MATRICES) expect(withMuon[name], name).not.toEqual(withAdam[name]);
  });

  it('has the matrices of a step orthogonalised all at once by whom it is told to', async () => {
    const asked: string[][] = [];
    const elsewhere: OrthogonaliseAll = (matrices) => {
      asked.push([...matrices].map(([name, { shape }]) => `${name} ${shape}`));
      return orthogonaliseHere(matrices);
    };
    const [one, other] = [model(), model()];
    await train(one, new Muon(one, { learningRate: 1, hidden }), 0, 1);
    await new Muon(other, { learningRate: 1, hidden }).apply(gradientsOf(0), 0.1, elsewhere);
    expect(asked).toEqual([['conv.weight 6,4', 'linear.weight 2,3']]);
    expect(valuesOf(other)).toEqual(valuesOf(one));
  });

  it('goes on bit for bit from a state that went through a safetensors file', async () => {
    const whole = model();
    const expected = await train(whole, new Muon(whole, { learningRate: 1, hidden }), 0, 7);
    const first = model();
    const before = new Muon(first, { learningRate: 1, hidden });
    await train(first, before, 0, 3);
    const bytes = encodeSafetensors(await before.state());
    const second = model();
    for (const [name, variable] of second.entries) variable.assign(first.entries.get(name)!);
    const after = new Muon(second, { learningRate: 1, hidden });
    after.load(decodeSafetensors(bytes).tensors);
    expect(after.step).toBe(3);
    expect(await train(second, after, 3, 7)).toEqual(expected);
  });

  it('names its state as PyTorch does', async () => {
    const parameters = model();
    const muon = new Muon(parameters, { learningRate: 1, hidden });
    await train(parameters, muon, 0, 1);
    expect([...(await muon.state()).keys()].sort()).toEqual([
      'conv.weight.momentum_buffer',
      'linear.bias.exp_avg',
      'linear.bias.exp_avg_sq',
      'linear.weight.momentum_buffer',
      'step',
      'token.weight.exp_avg',
      'token.weight.exp_avg_sq',
    ]);
  });

  it('leaves weights without a gradient alone', async () => {
    const parameters = model();
    const start = valuesOf(parameters);
    const end = await train(parameters, new Muon(parameters, { learningRate: 1, hidden }), 0, 2, ['linear.weight']);
    for (const name of NAMES) {
      if (name === 'linear.weight') expect(end[name], name).not.toEqual(start[name]);
      else expect(end[name], name).toEqual(start[name]);
    }
  });

  it('refuses a state of other weights, and stays as it was', async () => {
    const parameters = model();
    const muon = new Muon(parameters, { learningRate: 1, hidden });
    await train(parameters, muon, 0, 2);
    const state = await muon.state();
    const momentum = state.get('linear.weight.momentum_buffer')!;
    const damaged: [string, Map<string, typeof momentum>][] = [
      ['no step', new Map([...state].filter(([name]) => name !== 'step'))],
      ['another name', new Map([...state, ['other.momentum_buffer', momentum]])],
      ['another shape', new Map([...state, ['linear.weight.momentum_buffer', { ...momentum, shape: [3, 2] }]])],
      ['one that is no hidden matrix', new Map([...state, ['token.weight.momentum_buffer', momentum]])],
      ['one of Adam alone', await stateOfAdam()],
    ];
    for (const [what, wrong] of damaged) {
      expect(() => muon.load(wrong), what).toThrow(NnError);
      expect(await muon.state(), what).toEqual(state);
    }
  });

  it('leaves nothing behind', async () => {
    const left = await leaked(async () => {
      const parameters = model();
      const muon = new Muon(parameters, { learningRate: 1, hidden });
      await train(parameters, muon, 0, 3);
      muon.load(await muon.state());
      await train(parameters, muon, 3, 4);
      muon.dispose();
      parameters.dispose();
    });
    expect(left).toEqual(NOTHING);
  });
});

/** A state in which Adam has moments of matrices, as after a training by Adam. */
async function stateOfAdam() {
  const parameters = model();
  const adam = new Adam(parameters, { learningRate: 1 });
  await train(parameters, adam, 0, 1);
  return adam.state();
}
