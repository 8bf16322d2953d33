import { decodeSafetensors, encodeSafetensors } from '@paired3d/nn';
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Denoiser } from './denoiser';
import { NOTHING, leaked, randomItems, tinyDenoiser, tinyPlain } from './testing';
import { DiffusionTraining, bitsPerToken } from './training';

beforeAll(() => tf.setBackend('cpu'));

const GRID = [1, 2, 2, 2] as const;
const settings = { learningRate: 1e-2, seed: 1, weighting: 'elbo' } as const;

/** Grids of one code each. */
const patterns = [0, 1, 2, 3].map((code) => new Int32Array(8).fill(code));

describe('bitsPerToken', () => {
  it.each(['plain', 'patch'] as const)('is log2(codes) for a %s denoiser that knows nothing', async (kind) => {
    const denoiser = tinyDenoiser(kind, 6, GRID);
    for (const [name, variable] of denoiser.parameters.entries) {
      if (/^(head|leave|codes)/.test(name)) variable.assign(tf.zeros(variable.shape));
    }
    const { mean, standardError } = await bitsPerToken(denoiser, randomItems(2, 8, 6));
    expect(mean).toBeCloseTo(Math.log2(6), 5);
    expect(standardError).toBeLessThan(1e-6);
  });

  it('is the same for the same seed, and frees what it makes', async () => {
    const denoiser = tinyDenoiser('patch', 6, GRID);
    const items = randomItems(3, 8, 6);
    const first = await bitsPerToken(denoiser, items, { seed: 1 });
    expect(await bitsPerToken(denoiser, items, { seed: 1 })).toEqual(first);
    expect(await bitsPerToken(denoiser, items, { seed: 2 })).not.toEqual(first);
    expect(await leaked(() => bitsPerToken(denoiser, items))).toEqual(NOTHING);
  });
});

describe.each([
  ['plain', 'adam'],
  ['plain', 'muon'],
  ['patch', 'adam'],
  ['patch', 'muon'],
] as const)('training of a %s denoiser by %s', (kind, optimiser) => {
  const make = (seed = 1) => {
    const denoiser = tinyDenoiser(kind, 4, GRID, seed);
    return { denoiser, training: new DiffusionTraining(denoiser, { ...settings, optimiser }) };
  };
  const train = async ({ training }: ReturnType<typeof make>, from: number, to: number) => {
    const metrics = [];
    for (let step = from; step < to; step++) {
      const batch = [patterns[step % 4], patterns[(step + 1) % 4], patterns[(step + 2) % 4], patterns[(step + 3) % 4]];
      metrics.push(await training.update(batch, 1e-2 / (1 + step / 200)));
    }
    return metrics;
  };

  it('takes a step in which nothing happens to be masked', async () => {
    const { denoiser, training } = make();
    const shares: number[] = [];
    for (let step = 0; step < 12; step++) {
      const { loss, maskedShare } = await training.update([patterns[0]]);
      expect(Number.isFinite(loss)).toBe(true);
      shares.push(maskedShare);
    }
    expect(Math.min(...shares)).toBe(0);
    expect(training.step).toBe(12);
    denoiser.dispose();
  });

  it('goes on bit for bit from its state, through a file', async () => {
    const whole = make();
    const expected = await train(whole, 0, 4);
    for (const cut of [0, 3]) {
      const first = make();
      await train(first, 0, cut);
      const second = make(9);
      await train(second, 10, 12);
      second.denoiser.load(decodeSafetensors(encodeSafetensors(await first.denoiser.state())).tensors);
      second.training.load(decodeSafetensors(encodeSafetensors(await first.training.state())).tensors);
      expect(second.training.step).toBe(cut);
      expect(await train(second, cut, 4)).toEqual(expected.slice(cut));
      expect(await second.denoiser.state()).toEqual(await whole.denoiser.state());
    }
  });

  it('leaves nothing behind', async () => {
    const left = await leaked(async () => {
      const setup = make();
      await train(setup, 0, 1);
      const { numTensors, numBytes } = tf.memory();
      await train(setup, 1, 3);
      setup.training.load(await setup.training.state());
      expect(tf.memory()).toMatchObject({ numTensors, numBytes });
      setup.training.dispose();
      setup.denoiser.dispose();
    });
    expect(left).toEqual(NOTHING);
  });
});

describe('DiffusionTraining', () => {
  it.each(['plain', 'patch'] as const)(
    'moves what is hidden in a %s denoiser by Muon, the rest by Adam',
    async (kind) => {
      const denoiser = tinyDenoiser(kind, 4, GRID);
      const training = new DiffusionTraining(denoiser, { ...settings, optimiser: 'muon' });
      await training.update(patterns);
      const state = [...(await training.state()).keys()];
      const ending = (end: string) =>
        state.filter((name) => name.endsWith(end)).map((name) => name.slice(0, -end.length));
      const byMuon = ending('.momentum_buffer');
      const byAdam = ending('.exp_avg');
      const trainable = [...denoiser.parameters.entries].filter(([, { trainable }]) => trainable).map(([name]) => name);
      expect([...byMuon, ...byAdam].sort()).toEqual(trainable.sort());
      const [inside, ends] =
        kind === 'plain'
          ? ['transformer.0.linear1.weight', ['token_embedding.weight', 'position_embedding.weight', 'head.weight']]
          : ['before.conv1.weight', ['token.weight', 'enter.weight', 'position.weight', 'leave.weight', 'leave.free']];
      expect(byMuon).toContain(inside);
      expect(byAdam).toEqual(expect.arrayContaining(ends));
      training.dispose();
      denoiser.dispose();
    },
  );

  it('never changes the code vectors', async () => {
    const denoiser = tinyDenoiser('patch', 4, GRID);
    const vectors = denoiser.parameters.entries.get('codes.weight')!;
    const before = Array.from(vectors.dataSync());
    const training = new DiffusionTraining(denoiser, { ...settings, weightDecay: 0.1 });
    for (let step = 0; step < 3; step++) await training.update(patterns);
    expect(Array.from(vectors.dataSync())).toEqual(before);
  });

  it('gives each image a time of its own where it is told to', async () => {
    const denoiser = tinyDenoiser('patch', 4, [2, 1, 8, 8]);
    const shares = async (times: 'pair' | 'image') => {
      const training = new DiffusionTraining(denoiser, { ...settings, times });
      const found: number[] = [];
      for (let step = 0; step < 40; step++) {
        const { gradients, facts } = training.gradients(new Int32Array(128), { step, index: 0 });
        found.push((await facts.terms.data())[1]);
        tf.dispose([...gradients.values(), ...Object.values(facts)]);
      }
      return found;
    };
    // A sum of two uniform times varies half as much as one of them.
    const variance = (x: number[]) => {
      const mean = x.reduce((a, b) => a + b) / x.length;
      return x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
    };
    const [pair, image] = [variance(await shares('pair')), variance(await shares('image'))];
    expect(image).toBeLessThan(0.75 * pair);
    expect(image).toBeGreaterThan(0.25 * pair);
  });

  it('draws the same dropout in a resumed run', async () => {
    const make = () => new DiffusionTraining(new Denoiser(tinyPlain(4, GRID, { dropout: 0.3 })), settings);
    const [a, b] = [make(), make()];
    const losses = [await a.update(patterns), await a.update(patterns)];
    expect(await b.update(patterns)).toEqual(losses[0]);
    const c = make();
    c.denoiser.load(await b.denoiser.state());
    c.load(await b.state());
    expect(await c.update(patterns)).toEqual(losses[1]);
  });
});
