import { Random, decodeSafetensors, encodeSafetensors, type HostTensor } from '@paired3d/nn';
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { EmaQuantizerConfig, VqaeConfig } from './config';
import { VqAutoencoder } from './model';
import { NOTHING, discs, leaked, tinyConfig } from './testing';
import { VqaeTraining } from './training';

beforeAll(() => tf.setBackend('cpu'));

const ema: EmaQuantizerConfig = { kind: 'ema', decay: 0.9, restartBelow: 0.1 };
const settings = { learningRate: 5e-3, seed: 1 };

function make(config: VqaeConfig, seed = 1, optimiser?: 'adam' | 'muon') {
  const model = new VqAutoencoder(config, seed);
  const training = new VqaeTraining(model, { ...settings, optimiser });
  const dispose = () => {
    training.dispose();
    model.dispose();
  };
  return { model, training, dispose };
}

const flat = (kind: 'monai' | 'patch', changes: Partial<VqaeConfig> = {}) =>
  tinyConfig(kind, { spatialDims: 2, ...changes });
const pair = () => discs([1, 8, 8], 2);

/** Codes far apart, so that small changes of a weight change no assignment. */
const spread = (model: VqAutoencoder) =>
  model.codebook.assign(tf.tensor2d(new Random(9).normals(model.codebook.size), model.codebook.shape));

const number = (scalar: tf.Tensor) => scalar.dataSync()[0];

/** Slope of a loss along a direction in one weight, by central differences. */
function slope(variable: tf.Variable, direction: tf.Tensor, loss: () => number, step: number): number {
  const start = tf.clone(variable);
  const at = (sign: number) => {
    tf.tidy(() => variable.assign(tf.add(start, tf.mul(sign * step, direction))));
    return loss();
  };
  const result = (at(1) - at(-1)) / (2 * step);
  variable.assign(start);
  start.dispose();
  return result;
}

/**
 * Derivative that autodiff gives along a direction, and the finite difference. Most of the direction is the gradient's
 * own, so that the slope stands out from float32's rounding, the rest is random.
 */
function compare(
  { model, training }: ReturnType<typeof make>,
  name: string,
  part: 'total' | 'codebookLoss',
  step = 2e-3,
) {
  const batch = pair();
  const variable = model.parameters.entries.get(name)!;
  const loss = () => training.loss(batch)[part];
  const { grads } = tf.variableGrads(() => tf.clone(loss()), [variable]);
  const unit = (x: tf.Tensor) => tf.div(x, tf.norm(x));
  const random = unit(tf.tensor(Random.of(name).normals(variable.size), variable.shape));
  const direction = tf.add(unit(grads[variable.name]), tf.mul(0.5, random));
  const analytic = number(tf.sum(tf.mul(grads[variable.name], direction)));
  return { analytic, numeric: slope(variable, direction, () => number(loss()), step) };
}

const close = (actual: number, expected: number) => {
  expect(Math.abs(expected)).toBeGreaterThan(1e-5);
  expect(Math.abs(actual - expected) / Math.abs(expected)).toBeLessThan(0.02);
};

describe('the paper’s loss', () => {
  it('is the sum of its terms', async () => {
    const setup = make(flat('monai'));
    const { model, training } = setup;
    spread(model);
    const batch = pair();
    const { total, codebookLoss, latents, codes, dice } = training.loss(batch);
    const z = (await latents.data()) as Float32Array;
    const ids = await codes.data();
    const book = (await model.codebook.data()) as Float32Array;
    const squares = z.map((value, i) => (value - book[ids[Math.floor(i / 6)] * 6 + (i % 6)]) ** 2);
    const mean = squares.reduce((a, b) => a + b) / squares.length;
    expect(number(codebookLoss)).toBeCloseTo(1.25 * mean, 4);

    const quantized = tf.reshape(tf.gather(model.codebook, codes), latents.shape) as tf.Tensor5D;
    const logits = (await tf.reshape(model.decode(quantized), [-1, 2, 2]).array()) as number[][][];
    const truth = (await tf.reshape(batch, [-1, 2]).array()) as number[][];
    let reconstruction = 0;
    let [overlap, volumes] = [0, 0];
    for (const image of [0, 1]) {
      let [sum, norm] = [0, 0];
      truth.forEach((targets, voxel) => {
        const [background, foreground] = logits[voxel][image];
        const logPartition = Math.log(Math.exp(background) + Math.exp(foreground));
        const t = targets[image];
        sum += (1 - t) * (logPartition - background) + 2.5 * t * (logPartition - foreground);
        norm += 1 - t + 2.5 * t;
        const [a, b] = [foreground > background, t > 0.5];
        overlap += a && b ? 2 : 0;
        volumes += Number(a) + Number(b);
      });
      reconstruction += sum / norm / 2;
    }
    expect(number(total)).toBeCloseTo(reconstruction + 0.1 * number(codebookLoss), 4);
    expect(number(dice)).toBeCloseTo(overlap / volumes, 5);
    setup.dispose();
  });

  it('has the gradient of its value to the decoder', () => {
    const setup = make(flat('monai'));
    spread(setup.model);
    for (const name of [
      'decode.decode_0.conv.conv.weight',
      'decode.decode_2.conv.conv.bias',
      'decode.decode_1.conv.adn.A.weight',
    ]) {
      const { analytic, numeric } = compare(setup, name, 'total');
      close(analytic, numeric);
    }
    setup.dispose();
  });

  it('moves the codes by the beta term alone, the latents by the other alone', () => {
    const setup = make(flat('monai'));
    spread(setup.model);
    const codes = compare(setup, 'codebook.weight', 'codebookLoss');
    close(codes.analytic, (0.25 / 1.25) * codes.numeric);
    const latents = compare(setup, 'encode.encode_2.conv.weight', 'codebookLoss', 3e-4);
    close(latents.analytic, (1 / 1.25) * latents.numeric);
    setup.dispose();
  });

  it('passes the gradient of the reconstruction straight through to the encoder', async () => {
    const setup = make(flat('patch', { codebookWeight: 0 }));
    const { model, training } = setup;
    spread(model);
    const batch = pair();
    const variable = model.parameters.entries.get('encode.latent.weight')!;
    const { grads } = tf.variableGrads(() => training.loss(batch).total, [variable]);

    // The gradient at the codes, taken for the gradient at the latents.
    const { latents, codes } = training.loss(batch);
    const quantized = tf.variable(tf.reshape(tf.gather(model.codebook, codes), latents.shape));
    const decode = new VqaeTraining(
      new Proxy(model, {
        get: (target, key) => (key === 'encode' ? () => quantized : Reflect.get(target, key, target)),
      }),
      settings,
    );
    const atCodes = tf.variableGrads(() => decode.loss(batch).total, [quantized]).grads[quantized.name];
    const expected = tf.variableGrads(() => tf.sum(tf.mul(model.encode(batch), atCodes)), [variable]);
    const values = await expected.grads[variable.name].data();
    (await grads[variable.name].data()).forEach((value, i) => expect(value).toBeCloseTo(values[i], 5));
    setup.dispose();
  });

  it('treats separately coded images as it treats two images', () => {
    const setup = make(flat('monai', { coding: 'separate' }));
    spread(setup.model);
    const { analytic, numeric } = compare(setup, 'decode.decode_0.conv.conv.weight', 'total');
    close(analytic, numeric);
    setup.dispose();
  });

  it.each([undefined, false, true])('adds soft Dice by its weight, squares: %s', (diceSquares) => {
    const [without, withDice] = [make(flat('patch')), make(flat('patch', { diceWeight: 2, diceSquares }))];
    const batch = pair();
    const logits = withDice.model.decodeTokens(withDice.model.tokenize(batch));
    const [p, t] = [logits, batch].map((image) => tf.reshape(image, [-1]));
    const size = (x: tf.Tensor) => number(tf.sum(diceSquares ? tf.square(x) : x));
    const overlap = number(tf.sum(tf.mul(p, t))) / (size(p) + size(t));
    const difference = number(withDice.training.loss(batch).total) - number(without.training.loss(batch).total);
    expect(difference).toBeCloseTo(2 * (1 - 2 * overlap), 4);
    const { analytic, numeric } = compare(withDice, 'decode.1.up.weight', 'total');
    close(analytic, numeric);
  });
});

describe('training', () => {
  async function train({ training }: ReturnType<typeof make>, from: number, to: number, rate = 5e-3) {
    const metrics = [];
    for (let step = from; step < to; step++) {
      const batch = discs([1, 8, 8], 2, step % 3);
      metrics.push(await training.update(batch, rate / (1 + step / 100)));
      batch.dispose();
    }
    return metrics;
  }

  const averaged = flat('patch', { quantizer: ema, coding: 'separate', codes: 4 });
  const cases: [string, VqaeConfig, 'adam' | 'muon'][] = [
    ['the paper’s network, codes by gradient', flat('monai'), 'adam'],
    ['the paper’s network, codes by gradient, by Muon', flat('monai'), 'muon'],
    ['the patch network, codes by moving averages', averaged, 'adam'],
    ['the patch network, codes by moving averages, by Muon', averaged, 'muon'],
  ];

  it.each(cases)('of %s lowers the loss', async (_, config, optimiser) => {
    const setup = make(config, 1, optimiser);
    const metrics = await train(setup, 0, 40, optimiser === 'muon' ? 2e-2 : 5e-3);
    expect(setup.training.step).toBe(40);
    const mean = (part: typeof metrics) => part.reduce((sum, { loss }) => sum + loss, 0) / part.length;
    expect(mean(metrics.slice(-6))).toBeLessThan(0.8 * mean(metrics.slice(0, 6)));
    for (const { loss, codebookLoss, dice, codesUsed } of metrics) {
      expect([loss, codebookLoss, dice].every(Number.isFinite)).toBe(true);
      expect(dice).toBeGreaterThanOrEqual(0);
      expect(dice).toBeLessThanOrEqual(1);
      expect(codesUsed).toBeGreaterThanOrEqual(1);
      expect(codesUsed).toBeLessThanOrEqual(config.codes);
    }
    setup.dispose();
  });

  it.each(cases)('of %s goes on bit for bit from its state, through a file', async (_, config, optimiser) => {
    const whole = make(config, 1, optimiser);
    const expected = await train(whole, 0, 6);
    for (const cut of [0, 1, 3]) {
      const first = make(config, 1, optimiser);
      await train(first, 0, cut);
      const through = (state: Map<string, HostTensor>) => decodeSafetensors(encodeSafetensors(state)).tensors;
      const second = make(config, 99, optimiser);
      // Has gone astray before: what it held must not matter.
      await train(second, 10, 12);
      second.model.load(through(await first.model.state()));
      second.training.load(through(await first.training.state()));
      expect(second.training.step).toBe(cut);
      expect(await train(second, cut, 6)).toEqual(expected.slice(cut));
      expect(await second.model.state()).toEqual(await whole.model.state());
    }
  });

  it.each([
    ['monai', 'decode.decode_0.conv.conv.weight', ['encode.encode_0.conv.weight']],
    ['patch', 'encode.0.mix.weight', ['encode.0.down.weight', 'encode.latent.weight', 'decode.1.up.weight']],
  ] as const)('of a %s network moves what is hidden by Muon, the rest by Adam', async (kind, inside, ends) => {
    const setup = make(flat(kind), 1, 'muon');
    await train(setup, 0, 1);
    const state = [...(await setup.training.state()).keys()];
    const ending = (end: string) =>
      state.filter((name) => name.endsWith(end)).map((name) => name.slice(5, -end.length));
    const [byMuon, byAdam] = [ending('.momentum_buffer'), ending('.exp_avg')];
    expect([...byMuon, ...byAdam].sort()).toEqual([...setup.model.parameters.entries.keys()].sort());
    expect(byMuon).toContain(inside);
    expect(byAdam).toEqual(expect.arrayContaining(['codebook.weight', ...ends]));
    setup.dispose();
  });

  it('by moving averages leaves the codes to them, not to the optimiser', async () => {
    const setup = make(flat('patch', { quantizer: { ...ema, decay: 1, restartBelow: 0 } }));
    await train(setup, 0, 1);
    const codes = Array.from(setup.model.codebook.dataSync());
    await train(setup, 1, 3);
    expect(Array.from(setup.model.codebook.dataSync())).toEqual(codes);
    setup.dispose();
  });

  it.each(cases)('of %s leaves nothing behind', async (_, config, optimiser) => {
    const left = await leaked(async () => {
      const setup = make(config, 1, optimiser);
      await train(setup, 0, 1);
      const { numTensors, numBytes } = tf.memory();
      await train(setup, 1, 3);
      setup.training.load(await setup.training.state());
      expect(tf.memory()).toMatchObject({ numTensors, numBytes });
      setup.dispose();
    });
    expect(left).toEqual(NOTHING);
  });
});
