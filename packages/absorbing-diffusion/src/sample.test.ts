import { Random } from '@paired3d/nn';
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { DiffusionError } from './config';
import { Denoiser } from './denoiser';
import { sample, sampleOrders, type SampleOptions, type SampleOrder } from './sample';
import { NOTHING, leaked, tinyDenoiser, tinyPatch, tinyPlain } from './testing';

beforeAll(() => tf.setBackend('cpu'));

const CODES = 5;
const settings: SampleOptions = { steps: 6, temperature: 0.9, seed: 1 };
const make = (kind: 'plain' | 'patch' = 'plain') => tinyDenoiser(kind, CODES, [1, 2, 3, 2]);
const plain = (items: Int32Array[]) => items.map((item) => Array.from(item));

describe('sample', () => {
  it.each(['plain', 'patch'] as const)('reveals every token of a %s denoiser, step by step', async (kind) => {
    const seen: Int32Array[] = [];
    const onStep = (step: number, tokens: Int32Array) => {
      expect(step).toBe(seen.length + 1);
      seen.push(tokens);
    };
    const items = await sample(make(kind), 2, { ...settings, onStep });
    expect(items).toHaveLength(2);
    for (const item of items) {
      expect(item).toHaveLength(12);
      expect(item.every((token) => token >= 0 && token < CODES)).toBe(true);
    }
    expect(seen).toHaveLength(6);
    expect(Array.from(seen.at(-1)!)).toEqual([...items[0], ...items[1]]);
    // What has been revealed stays.
    for (let step = 1; step < 6; step++) {
      seen[step - 1].forEach((token, at) => token !== CODES && expect(seen[step][at]).toBe(token));
    }
  });

  it('reveals about the same number of tokens in each step', async () => {
    const revealed = new Array<number>(4).fill(0);
    let masked = 0;
    const onStep = (step: number, tokens: Int32Array) => {
      if (step === 1) masked = tokens.length;
      const left = tokens.filter((token) => token === CODES).length;
      revealed[step - 1] += masked - left;
      masked = left;
    };
    for (let seed = 0; seed < 3; seed++) await sample(make(), 20, { ...settings, steps: 4, seed, onStep });
    const total = 3 * 20 * 12;
    for (const count of revealed) expect(Math.abs(count - total / 4)).toBeLessThan(5 * Math.sqrt((total * 3) / 16));
  });

  it('depends on the seed and the number of a sample, not on its batch', async () => {
    const denoiser = make();
    const together = plain(await sample(denoiser, 4, settings));
    expect(plain(await sample(denoiser, 4, settings))).toEqual(together);
    for (let first = 0; first < 4; first++) {
      expect(plain(await sample(denoiser, 1, { ...settings, first }))).toEqual([together[first]]);
    }
    expect(plain(await sample(denoiser, 4, { ...settings, seed: 2 }))).not.toEqual(together);
    expect(new Set(together.map(String)).size).toBe(4);
  });

  it('reveals the likeliest codes first in order of confidence, evenly many a step', async () => {
    const denoiser = make();
    const masked = tf.fill([1, 12], CODES, 'int32') as tf.Tensor2D;
    const likely = await tf.softmax(tf.div(denoiser.logits(masked), settings.temperature)).data();
    /** Mean likelihood of what the first step reveals, and how many tokens each step leaves revealed. */
    const reveal = async (order: SampleOrder) => {
      const counts: number[] = [];
      const revealed: number[] = [];
      const onStep = (step: number, tokens: Int32Array) => {
        const known = [...tokens.keys()].filter((at) => tokens[at] !== CODES);
        counts.push(known.length);
        if (step === 1) revealed.push(...known.map((at) => likely[(at % 12) * CODES + tokens[at]]));
      };
      await sample(denoiser, 20, { ...settings, steps: 4, order, onStep });
      return { counts, mean: revealed.reduce((a, b) => a + b, 0) / revealed.length };
    };
    const surest = await reveal('confidence');
    expect(surest.counts).toEqual([60, 120, 180, 240]);
    expect(surest.mean).toBeGreaterThan(1.05 * (await reveal('random')).mean);
    const [together, alone] = [[2, 0] as const, [1, 1] as const].map(([count, first]) =>
      sample(denoiser, count, { ...settings, order: 'confidence', first }),
    );
    expect(plain(await alone)).toEqual(plain(await together).slice(1));
  });

  it('draws from the softmax of the logits over the temperature', async () => {
    const denoiser = tinyDenoiser('plain', 3, [1, 1, 1, 1]);
    // The logits of a lone token do not depend on anything.
    const logits = await denoiser.logits(tf.tensor2d([3], [1, 1], 'int32')).data();
    denoiser.parameters.entries.get('head.weight')!.assign(tf.mul(20, denoiser.parameters.entries.get('head.weight')!));
    for (const temperature of [1, 3]) {
      const powers = Array.from(logits, (z) => Math.exp((20 * z) / temperature));
      const total = powers.reduce((a, b) => a + b);
      const items = await sample(denoiser, 2000, { steps: 1, temperature, seed: 1 });
      powers.forEach((power, code) => {
        const expected = (2000 * power) / total;
        const count = items.filter(([token]) => token === code).length;
        expect(Math.abs(count - expected)).toBeLessThan(5 * Math.sqrt(expected) + 1);
      });
    }
  });

  it('reveals evenly spread tokens in Halton order, as many in each pass as the schedule of their image says', async () => {
    const denoiser = tinyDenoiser('plain', CODES, [2, 2, 4, 2]);
    const counts: [number, number][] = [];
    const onStep = (_: number, tokens: Int32Array) => {
      const known = (from: number) => tokens.slice(from, from + 16).filter((token) => token !== CODES).length;
      counts.push([known(0), known(16)]);
    };
    const options = { ...settings, steps: 4, order: 'halton', schedule: ['linear', 'geometric'], onStep } as const;
    await sample(denoiser, 1, options);
    expect(counts).toEqual([
      [4, 1 + 1],
      [8, 4],
      [12, 8],
      [16, 16],
    ]);
    const [together, alone] = [[2, 0] as const, [1, 1] as const].map(([count, first]) =>
      sample(denoiser, count, { ...settings, order: 'halton', first }),
    );
    expect(plain(await alone)).toEqual(plain(await together).slice(1));
  });

  it.each(sampleOrders)('keeps what is given, in %s order', async (order) => {
    const denoiser = make('patch');
    const given = [Int32Array.from({ length: 12 }, (_, at) => (at % 3 === 0 ? at % 2 : CODES))];
    const [item] = await sample(denoiser, 1, { ...settings, order, given, remask: 0.5 });
    expect(item.filter((_, at) => at % 3 === 0)).toEqual(given[0].filter((token) => token !== CODES));
    expect(item.every((token) => token < CODES)).toBe(true);
    const whole = [Int32Array.from(item)];
    expect(plain(await sample(denoiser, 1, { ...settings, order, given: whole }))).toEqual(plain(whole));
  });

  it('masks again what it revealed, on schedule and revealed in the end', async () => {
    const denoiser = tinyDenoiser('plain', CODES, [1, 4, 5, 5]);
    let [again, before]: [number, Int32Array] = [0, new Int32Array(0)];
    const known: number[] = [];
    const onStep = (step: number, tokens: Int32Array) => {
      before.forEach((token, at) => (again += Number(token !== CODES && tokens[at] === CODES)));
      if (step === 1) known.push(0);
      known.push(tokens.filter((token) => token !== CODES).length);
      before = tokens;
    };
    await sample(denoiser, 4, { ...settings, steps: 8, remask: 0.2, onStep });
    expect(again).toBeGreaterThan(40);
    known.forEach((count, pass) => expect(Math.abs(count - 50 * pass)).toBeLessThan(60));
    expect(known.at(-1)).toBe(400);
  });

  it('draws from the codes of each image alone', async () => {
    const ranges = [
      [0, 2],
      [2, CODES],
    ] as const;
    const denoiser = new Denoiser(tinyPlain(CODES, [2, 1, 2, 3], { ranges }));
    for (const item of await sample(denoiser, 5, settings)) {
      expect(item.slice(0, 6).every((code) => code < 2)).toBe(true);
      expect(item.slice(6).every((code) => code >= 2)).toBe(true);
    }
    expect(() => new Denoiser(tinyPlain(CODES, [2, 1, 2, 3], { ranges: [[0, 2]] }))).toThrow('DenoiserConfig.ranges');
  });

  it.each(sampleOrders)('draws the tokens that a coarse image has, and no others, in %s order', async (order) => {
    const grid = [2, 1, 3, 4] as const;
    const ranges = [
      [0, 2],
      [2, CODES],
    ] as const;
    const denoiser = new Denoiser(tinyPatch(CODES, grid, { strides: [1, 2], ranges }));
    const places = [0, 2, 8, 10];
    expect(denoiser.present[1].flatMap((there, at) => (there ? [at] : []))).toEqual(places);
    const counts: number[] = [];
    const onStep = (_: number, tokens: Int32Array) => {
      counts.push(places.filter((at) => tokens[12 + at] !== CODES).length);
    };
    const options = { ...settings, steps: 4, order, onStep, remask: order === 'halton' ? 0 : 0.3 };
    const items = await sample(denoiser, 20, { ...options, temperature: 100 });
    for (const item of items) {
      expect(item.every((token) => token < CODES)).toBe(true);
      item.slice(12).forEach((token, at) => !places.includes(at) && expect(token).toBe(2));
    }
    expect(new Set(items.flatMap((item) => places.map((at) => item[12 + at]))).size).toBe(3);
    if (order === 'halton') expect(counts).toEqual([1, 2, 3, 4]);
    const strides = [1];
    expect(() => new Denoiser(tinyPatch(CODES, grid, { strides }))).toThrow('DenoiserConfig.strides');
  });

  it('blurs the order of confidence by noise that is gone in the end', async () => {
    const denoiser = make();
    const of = (noise: number) => sample(denoiser, 3, { ...settings, order: 'confidence', noise }).then(plain);
    expect(await of(0)).toEqual(await sample(denoiser, 3, { ...settings, order: 'confidence' }).then(plain));
    expect(await of(5)).not.toEqual(await of(0));
    expect(await of(5)).toEqual(await of(5));
  });

  it('refuses logits that are no numbers', async () => {
    const denoiser = make();
    const head = denoiser.parameters.entries.get('head.weight')!;
    head.assign(tf.mul(head, NaN));
    await expect(sample(denoiser, 1, settings)).rejects.toThrow('sample: expected finite logits, got a sum of NaN');
  });

  it('stops when its signal is raised', async () => {
    const controller = new AbortController();
    let steps = 0;
    const onStep = () => {
      if (++steps === 2) controller.abort(new Error('enough'));
    };
    await expect(sample(make(), 1, { ...settings, onStep, signal: controller.signal })).rejects.toThrow('enough');
    expect(steps).toBe(2);
  });

  it('refuses settings that make no sense', async () => {
    for (const [count, changes] of [
      [0, {}],
      [1, { steps: 0 }],
      [1, { steps: 2.5 }],
      [1, { temperature: 0 }],
      [1, { temperature: NaN }],
      [1, { topP: 0 }],
      [1, { remask: 1 }],
      [1, { noise: -1 }],
      [1, { schedule: ['linear', 'linear'] }],
      [1, { given: [new Int32Array(3)] }],
    ] as const) {
      await expect(sample(make(), count, { ...settings, ...changes })).rejects.toThrow(DiffusionError);
    }
  });

  it('leaves nothing behind, when it is stopped too', async () => {
    const denoiser = make('patch');
    expect(await leaked(() => sample(denoiser, 2, settings))).toEqual(NOTHING);
    const stopped = { ...settings, onStep: () => controller.abort(), signal: undefined as AbortSignal | undefined };
    const controller = new AbortController();
    stopped.signal = controller.signal;
    expect(await leaked(() => sample(denoiser, 2, stopped).catch(() => {}))).toEqual(NOTHING);
  });

  it('gives bit-identical samples whatever else draws random numbers', async () => {
    const denoiser = make();
    const expected = plain(await sample(denoiser, 1, settings));
    new Random(1).uniforms(100);
    expect(plain(await sample(denoiser, 1, { ...settings, onStep: () => new Random(2).uniform() as never }))).toEqual(
      expected,
    );
  });
});
