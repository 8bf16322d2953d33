import { Random } from '@paired3d/nn';
import type { OptimiseRecipe } from '@paired3d/registration';
import { beforeAll, describe, expect, it } from 'vitest';
import { phantomSource } from '../data/phantom/source';
import type { PreparedPair, Size3 } from '../data/types';
import { Interrupted, PipelineError } from '../errors';
import { MemoryStorage } from '../storage/memory-storage';
import { leaked, loopbackWorkers, NOTHING, testContext, useWasm } from '../testing';
import { assessPairs } from './assess';
import type { CriterionName } from './criteria';

beforeAll(useWasm);

/** Some phantoms; slices, which take a quarter of the time, unless they are to have three axes. */
async function phantoms(from = 0, to = 3, size: Size3 = [1, 24, 24]): Promise<PreparedPair[]> {
  const source = phantomSource({ size, spacing: 10, cases: { train: 6, test: 0 } });
  return Promise.all((await source.list('train')).slice(from, to).map((id) => source.load('train', id)));
}

const stage = { resolution: 20, iterations: 12, learningRate: 2, diffusion: 0, bending: 1e-3 };
const optimise: OptimiseRecipe = {
  controlPoints: 10,
  squarings: 3,
  stages: [
    { ...stage, blur: 2, smoothing: 1.5 },
    { ...stage, blur: 0.5, smoothing: 1 },
  ],
};
const settings = { threshold: 0.5, optimise, seed: 1 };

function filled(pairs: readonly PreparedPair[], value: (random: Random) => number): PreparedPair[] {
  return pairs.map((pair) => {
    const scan = (image: string) => pair.fixed.map(() => value(random[image]));
    const random: Record<string, Random> = { fixed: Random.of(pair.id, 1), moving: Random.of(pair.id, 2) };
    return { ...pair, fixed: scan('fixed'), moving: scan('moving') };
  });
}

/** What does not pass; the figures of the real pairs are kept in the storage from one time to the next. */
const storage = new MemoryStorage();
async function outside(real: PreparedPair[], synthetic: PreparedPair[]): Promise<CriterionName[]> {
  const { criteria } = await assessPairs(testContext({ storage }), { real, synthetic }, settings);
  return criteria.filter(({ passed }) => !passed).map(({ name }) => name);
}

describe('assessPairs', () => {
  it('passes real pairs beside themselves, and says that they are', async () => {
    const real = await phantoms(0, 2, [16, 16, 16]);
    const {
      verdict,
      criteria,
      real: found,
      synthetic,
    } = await assessPairs(testContext(), { real, synthetic: real }, settings);
    expect(verdict).toEqual({
      passed: true,
      line: 'plausible: all 12 figures are within their bounds; 2 of the pairs are real ones, value for value',
    });
    for (const one of criteria) expect(one.synthetic).toBe(one.real);
    expect(synthetic.map(({ sameAs }) => sameAs)).toEqual(real.map(({ id }) => id));
    // A pair is not its own neighbour.
    for (const { id, nearest, copy } of found) {
      expect(nearest!.id).not.toBe(id);
      expect(copy).toBeGreaterThan(nearest!.overlap);
    }
  });

  it('fails noise, empty masks, pairs without motion, one pair over and over, and copies', async () => {
    const real = await phantoms();
    const noise = await outside(
      real,
      filled(real, (random) => random.uniform() ** 8),
    );
    expect(noise).toEqual(expect.arrayContaining(['components', 'ncc', 'nccAfter', 'spread']));
    const empty = await outside(
      real,
      filled(real, () => 0),
    );
    expect(empty).toHaveLength(11);
    expect(empty).toContain('blank');
    const still = await outside(
      real,
      real.map((pair) => ({ ...pair, moving: pair.fixed })),
    );
    expect(still).toEqual(expect.arrayContaining(['dice', 'ncc', 'displacement', 'displacementDeviation']));
    const one = await phantoms(3, 4);
    const same = await outside(
      real,
      [1, 2, 3].map((n) => ({ ...one[0], id: `${n}` })),
    );
    expect(same).toEqual(expect.arrayContaining(['displacementDeviation', 'spread']));
    // Not value for value, but nearly.
    const copies = await outside(
      real,
      real.map((pair) => ({ ...pair, fixed: pair.fixed.map((v) => 0.9 * v) })),
    );
    expect(copies).toContain('copies');
  });

  it('gives the same with any number of workers, and goes on where it was', async () => {
    const pairs = { real: await phantoms(0, 2), synthetic: await phantoms(2, 4) };
    const alone = await assessPairs(testContext(), pairs, settings);
    expect(await assessPairs(testContext({ workers: loopbackWorkers(2) }), pairs, settings)).toEqual(alone);
    const storage = new MemoryStorage();
    const stop = new AbortController();
    const stopped = testContext({
      storage,
      signal: stop.signal,
      emit: (event) => void (event.type === 'step' && event.stage === 'synthetic' && stop.abort()),
    });
    await expect(assessPairs(stopped, pairs, settings)).rejects.toThrow(Interrupted);
    const resumed = testContext({ storage });
    expect(await assessPairs(resumed, pairs, settings)).toEqual(alone);
    const steps = resumed.events.filter((event) => event.type === 'step');
    expect(steps.map(({ stage, step }) => [stage, step])).toEqual([['synthetic', 2]]);
  });

  it('needs two real pairs and a synthetic one', async () => {
    const [pair, other] = await phantoms();
    const few = assessPairs(testContext(), { real: [pair], synthetic: [other] }, settings);
    await expect(few).rejects.toThrow('real pairs: expected 2 or more, got 1');
    const none = assessPairs(testContext(), { real: [pair, other], synthetic: [] }, settings);
    await expect(none).rejects.toThrow(PipelineError);
  });

  it('leaves no tensors behind', async () => {
    const pairs = { real: await phantoms(0, 2), synthetic: await phantoms(2, 3) };
    expect(await leaked(() => assessPairs(testContext(), pairs, settings))).toEqual(NOTHING);
  });
});
