import { beforeAll, describe, expect, it } from 'vitest';
import { correlation } from '../correlation';
import { parseRunConfig, workingSpacing } from '../run/parse';
import { run } from '../run/run';
import { readJson } from '../run/stage';
import { workingGridOf } from '../data/workingGrid';
import { motionCodes, shapeCodes } from '../motion/motionCode';
import type { RunConfig } from '../run/config';
import { MemoryStorage } from '../storage/memory-storage';
import { NOTHING, leaked, loopbackWorkers, smallestConfig, smallestMotion, testContext, useWasm } from '../testing';
import { sharpened } from './sharpen';
import { readSyntheticPairs } from './syntheticPairs';
import { readTokens } from './tokenize';

beforeAll(useWasm);

function config(spatialDims: 2 | 3, given = { fixed: 0, moving: 0 }, cells = 1): RunConfig {
  const smallest = smallestConfig(spatialDims);
  return parseRunConfig({
    ...smallest,
    motion: { ...smallestMotion, cells, levels: [9, 9, spatialDims === 2 ? 1 : 9] },
    diffusion: { ...smallest.diffusion, batch: 2, times: 'image', fresh: true },
    synthesize: { ...smallest.synthesize, pairs: 3, order: 'halton', given },
  });
}

describe.each([
  [2, 1],
  [3, 1],
  [3, 2],
] as const)('tokens of motion in %i dimensions, one for %i cells an axis', (spatialDims, cells) => {
  it('come from the velocities of real pairs, and make synthetic pairs consistent', async () => {
    const settings = config(spatialDims, undefined, cells);
    const storage = new MemoryStorage();
    const context = testContext({ config: settings, storage });
    await run(testContext({ config: settings }), ['synthetic']);
    expect(await leaked(() => run(context, ['synthetic']))).toEqual(NOTHING);

    const figures = (await readJson<Record<string, number>>(storage, 'motion/metrics.json'))!;
    expect(figures.coded).toBeGreaterThan(figures.before);
    expect(figures.displacement).toBeGreaterThan(1);
    const { grid, items } = await readTokens(storage.within('tokens'), 'train');
    const perImage = items[0].length / 3;
    expect(grid[0]).toBe(3);
    const codes = settings.vqae.model.codes;
    const [shapes, all] = [codes + shapeCodes(settings.motion!), codes + motionCodes(settings.motion!)];
    const within = (tokens: ArrayLike<number>, from: number, end: number) =>
      Array.from(tokens).every((code) => code >= from && code < end);
    for (const item of items) {
      expect(within(item.slice(0, perImage), 0, codes)).toBe(true);
      expect(within(item.slice(perImage, 2 * perImage), codes, shapes)).toBe(true);
      expect(within(item.slice(2 * perImage), shapes, all)).toBe(true);
    }
    const pairs = await readSyntheticPairs(storage.within('synthetic'), workingGridOf(settings.source));
    expect(pairs).toHaveLength(3);
    for (const { fixed, moving } of pairs) expect(moving).not.toEqual(fixed);
    expect(workingSpacing(settings)).toEqual([10, 10, 10]);
  });

  it('move scans before these are sharpened', async () => {
    const settings = config(spatialDims, undefined, cells);
    const sharper = { ...settings, synthesize: { ...settings.synthesize, sharpness: 2 } };
    const [plain, sharp] = await Promise.all(
      [settings, sharper].map(async (one) => {
        const storage = new MemoryStorage();
        await run(testContext({ config: one, storage }), ['synthetic']);
        return readSyntheticPairs(storage.within('synthetic'), workingGridOf(one.source));
      }),
    );
    plain.forEach((pair, i) => {
      for (const scan of ['fixed', 'moving'] as const) {
        const expected = sharpened(pair[scan], 2);
        sharp[i][scan].forEach((value, at) => expect(value).toBeCloseTo(expected[at], 5));
      }
    });
  });

  it('keep the fixed scan of a real pair when it is given', async () => {
    const settings = config(spatialDims, { fixed: 1, moving: 1 }, cells);
    const storage = new MemoryStorage();
    await run(testContext({ config: settings, storage }), ['synthetic']);
    const pairs = await readSyntheticPairs(storage.within('synthetic'), workingGridOf(settings.source));
    // Both scans are those of an augmented phantom, the moving one as its tokens tell it: alike, not the same.
    for (const { fixed, moving } of pairs) expect(correlation(fixed, moving)).toBeGreaterThan(0.2);
    expect(new Set(pairs.map(({ fixed }) => String(fixed))).size).toBe(3);
  });
});

describe('a run with motion', () => {
  it('has the same bits with any number of workers', async () => {
    const files = async (helpers: number) => {
      const storage = new MemoryStorage();
      const workers = helpers > 0 ? loopbackWorkers(helpers) : undefined;
      await run(testContext({ config: config(3, { fixed: 0.5, moving: 0.5 }), storage, workers }), ['synthetic']);
      const kept = (await storage.list('')).filter((path) => !path.endsWith('timing.json'));
      return Promise.all(kept.map(async (path) => [path, Buffer.from((await storage.read(path))!).toString('latin1')]));
    };
    const alone = await files(0);
    expect(alone.map(([path]) => path)).toContain('synthetic/case_0003_2.nii.gz');
    expect(await files(2)).toEqual(alone);
  });

  it('draws scans again by Gibbs sampling, and leaves their motion as it is', async () => {
    const made = async (given: number, gibbs: RunConfig['synthesize']['gibbs']) => {
      const settings = config(3, { fixed: given, moving: 0 });
      const storage = new MemoryStorage();
      const synthesize = { ...settings.synthesize, gibbs };
      await run(testContext({ config: { ...settings, synthesize }, storage }), ['synthetic']);
      return readSyntheticPairs(storage.within('synthetic'), workingGridOf(settings.source));
    };
    const gibbs = { passes: 3, temperature: 0.5, background: 0.8 };
    expect(await made(1, gibbs)).toEqual(await made(1, null));
    const [again, before] = [await made(0, gibbs), await made(0, undefined)];
    again.forEach(({ fixed }, i) => expect(fixed).not.toEqual(before[i].fixed));
  });

  it('needs an autoencoder of single scans, and the denoiser that was trained with it', async () => {
    const { vqae, ...rest } = config(3);
    const joint = { ...rest, vqae: { ...vqae, model: { ...vqae.model, coding: 'joint' } } };
    expect(() => parseRunConfig(joint)).toThrow("vqae.model.coding: expected 'separate'");
    const trained = new MemoryStorage();
    await run(testContext({ config: smallestConfig(3), storage: trained }), ['diffusion']);
    const models = { vqae: trained.within('vqae'), diffusion: trained.within('diffusion') };
    const mismatched = run(testContext({ config: config(3), models }), ['synthetic']);
    await expect(mismatched).rejects.toThrow(
      'diffusion model: expected 750 codes, those of the autoencoder and of motion',
    );
  });
});
