import { Random } from '@paired3d/nn';
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { DiffusionError } from './config';
import { Denoiser } from './denoiser';
import { Gibbs } from './gibbs';
import { sample, type SampleOptions } from './sample';
import { NOTHING, leaked, tinyDenoiser, tinyPatch } from './testing';

beforeAll(() => tf.setBackend('cpu'));

const CODES = 5;
const settings: SampleOptions = {
  steps: 3,
  temperature: 1,
  seed: 1,
  gibbs: { passes: 4, temperature: 0.5, background: 0.8 },
};
const plain = (items: Int32Array[]) => items.map((item) => Array.from(item));

/** The tokens after each pass. */
async function passes(denoiser: Denoiser, options: Partial<SampleOptions> = {}): Promise<Int32Array[]> {
  const seen: Int32Array[] = [];
  await sample(denoiser, 1, { ...settings, onStep: (_, tokens) => void seen.push(tokens), ...options });
  return seen;
}

describe('sample with passes of Gibbs sampling', () => {
  it('draws the cells of one colour of a checkerboard in each of them', async () => {
    const denoiser = tinyDenoiser('patch', CODES, [2, 2, 4, 3]);
    const seen = await passes(denoiser);
    expect(seen).toHaveLength(7);
    expect(seen[2]).toEqual((await passes(denoiser, { gibbs: undefined }))[2]);
    for (let pass = 0; pass < 4; pass++) {
      const [before, after] = [seen[2 + pass], seen[3 + pass]];
      expect(after).not.toEqual(before);
      for (let at = 0; at < 48; at++) {
        const [i, j, k] = [Math.floor((at % 24) / 12), Math.floor(at / 3) % 4, at % 3];
        if ((i + j + k) % 2 !== pass % 2) expect(after[at]).toBe(before[at]);
        expect(after[at]).toBeLessThan(CODES);
      }
    }
  });

  it('takes the cells of a coarse image that have tokens, and images that are named alone', async () => {
    const denoiser = new Denoiser(tinyPatch(CODES, [2, 1, 4, 4], { strides: [1, 2] }));
    const changed = (seen: Int32Array[], pass: number) =>
      [...seen[0].keys()].filter((at) => seen[2 + pass][at] !== seen[3 + pass][at]);
    const draws = [[], [], [], []].map(() => new Set<number>());
    for (let seed = 0; seed < 20; seed++) {
      const seen = await passes(denoiser, { seed });
      draws.forEach((places, pass) => changed(seen, pass).forEach((at) => at >= 16 && places.add(at - 16)));
      const first = await passes(denoiser, { seed, gibbs: { ...settings.gibbs!, images: [0] } });
      for (let pass = 0; pass < 4; pass++) expect(changed(first, pass).every((at) => at < 16)).toBe(true);
    }
    const sorted = draws.map((places) => [...places].sort((a, b) => a - b));
    expect(sorted).toEqual([
      [0, 10],
      [2, 8],
      [0, 10],
      [2, 8],
    ]);
  });

  it('keeps what is given', async () => {
    const denoiser = tinyDenoiser('plain', CODES, [1, 2, 3, 2]);
    const given = [Int32Array.from({ length: 12 }, (_, at) => (at % 3 === 0 ? at % 2 : CODES))];
    const [item] = await sample(denoiser, 1, { ...settings, given });
    expect(item.filter((_, at) => at % 3 === 0)).toEqual(given[0].filter((token) => token !== CODES));
  });

  it('depends on the seed and the number of a sample, not on its batch', async () => {
    const denoiser = tinyDenoiser('plain', CODES, [1, 2, 3, 2]);
    const together = plain(await sample(denoiser, 3, settings));
    expect(plain(await sample(denoiser, 1, { ...settings, first: 2 }))).toEqual([together[2]]);
  });

  it('falls from the temperatures of the sampler to its own, the commonest code apart', async () => {
    const denoiser = tinyDenoiser('plain', 3, [1, 1, 1, 1]);
    const logits = Float32Array.of(0.3, 1.1, -0.4);
    const frequencies = (pass: number) => {
      const counts = [0, 0, 0];
      const random = new Random(1);
      for (let n = 0; n < 20_000; n++) {
        const tokens = Int32Array.of(2);
        const gibbs = new Gibbs(denoiser, tokens, [false], 1, { passes: 3, temperature: 0.25, background: 0.49 });
        expect(gibbs.mask(0)).toEqual([0]);
        expect(tokens[0]).toBe(3);
        gibbs.draw(pass, [0], logits, random);
        counts[tokens[0]]++;
      }
      return counts.map((count) => count / 20_000);
    };
    for (const [pass, temperature, background] of [
      [0, 1, 1],
      [1, 0.5, 0.7],
      [2, 0.25, 0.49],
    ]) {
      const [a, b, apart] = Array.from(logits, Math.exp);
      const odds = (apart / (a + b)) ** (1 / background);
      const share = a ** (1 / temperature) / (a ** (1 / temperature) + b ** (1 / temperature));
      const expected = [share, 1 - share, odds].map((weight) => weight / (1 + odds));
      frequencies(pass).forEach((found, code) => expect(Math.abs(found - expected[code])).toBeLessThan(0.015));
    }
  });

  it('refuses settings that make no sense, and logits that are no numbers', async () => {
    const denoiser = tinyDenoiser('plain', CODES, [1, 2, 3, 2]);
    for (const wrong of [{ passes: 1.5 }, { passes: -1 }, { temperature: 0 }, { background: NaN }, { images: [1] }]) {
      const gibbs = { ...settings.gibbs!, ...wrong };
      await expect(sample(denoiser, 1, { ...settings, gibbs })).rejects.toThrow(DiffusionError);
    }
    const gibbs = new Gibbs(denoiser, new Int32Array(12), new Array<boolean>(12).fill(false), 1, settings.gibbs!);
    const rows = gibbs.mask(0);
    const nothing = new Float32Array(rows.length * CODES).fill(NaN);
    expect(() => gibbs.draw(0, rows, nothing, new Random(1))).toThrow('expected finite logits');
  });

  it('leaves nothing behind', async () => {
    const denoiser = tinyDenoiser('patch', CODES, [1, 2, 3, 2]);
    expect(await leaked(() => sample(denoiser, 2, settings))).toEqual(NOTHING);
  });
});
