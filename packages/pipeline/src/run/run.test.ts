import { describe, beforeAll, expect, it } from 'vitest';
import { Interrupted, PipelineError } from '../errors';
import { renderReport } from '../report/page';
import { METHODS } from '../report/summary';
import { openDenoiser } from '../stages/diffusion';
import { openRegistration } from '../stages/registration';
import { openVqae } from '../stages/vqae';
import { MemoryStorage } from '../storage/memory-storage';
import { NOTHING, leaked, messages, smallestConfig, testContext, useWasm } from '../testing';
import type { RunConfig } from './config';
import type { RunContext } from './context';
import { readModel } from './modelFolder';
import { parseRunConfig } from './parse';
import { reportData } from './reportData';
import { STAGES, run, type StageName } from './run';
import { readResults, summarize } from './summarize';

beforeAll(useWasm);

/** SHA-256 free comparison: all files of a run but those that hold times. */
async function outputs(storage: MemoryStorage): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const path of await storage.list('')) {
    if (path.endsWith('timing.json')) continue;
    files[path] = Buffer.from((await storage.read(path))!).toString('latin1');
  }
  return files;
}

async function chain(spatialDims: 2 | 3, changes: Partial<RunContext> = {}) {
  const storage = new MemoryStorage();
  const config = smallestConfig(spatialDims);
  const context = testContext({ config, storage, ...changes });
  return { storage, config, context };
}

describe.each([2, 3] as const)('the whole chain in %i dimensions', (spatialDims) => {
  it('completes, is skipped when it is complete, and is summed up', async () => {
    const { storage, config, context } = await chain(spatialDims);
    let result = await run(context, []);
    expect(await leaked(async () => (result = await run(context, ['evaluation'])))).toEqual(NOTHING);
    expect(result.timings.map(({ name }) => name)).toEqual(STAGES.filter((name) => name !== 'motion'));
    expect(result.timings.every(({ skipped }) => !skipped)).toBe(true);
    expect([result.training.length, result.test.length]).toEqual([2, 2]);
    expect(messages(context.events)).toEqual([]);

    const again = testContext({ config, storage });
    const before = await outputs(storage);
    expect((await run(again, ['evaluation'])).timings.every(({ skipped }) => skipped)).toBe(true);
    expect(again.events.every((event) => event.type === 'stage-end' && event.skipped)).toBe(true);
    expect(await outputs(storage)).toEqual(before);
    expect(Object.keys(before).filter((path) => path.includes('checkpoints'))).toEqual([]);

    const facts = { ...result, config, backend: 'wasm', workers: 1, versions: { paired3d: '0' } };
    const summary = await summarize(storage, facts);
    const { vqae, diffusion, registration } = summary;
    expect(vqae.dice).toBeGreaterThanOrEqual(0);
    expect(vqae.dice).toBeLessThanOrEqual(1);
    expect(vqae.codesUsed).toBeGreaterThanOrEqual(1);
    expect(diffusion.bitsPerToken).toBeGreaterThan(0);
    for (const method of METHODS) {
      for (const table of [registration.tre, registration.treExact, registration.dice, registration.folding]) {
        const { mean, cases } = table![method]!;
        expect(Number.isFinite(mean)).toBe(true);
        expect(Object.keys(cases)).toEqual(['004', '005']);
        expect(Object.values(cases).every(Number.isFinite)).toBe(true);
      }
      expect(registration.landmarkErrors![method]!['004']).toHaveLength(config.source.kind === 'phantom' ? 12 : 0);
    }
    expect(registration.constantMeanDisplacement!.mean).toBeGreaterThan(0);
    expect(Object.keys(summary.timings)).toEqual(STAGES.filter((name) => name !== 'motion'));
    expect(JSON.stringify(summary)).not.toContain('null');

    const page = renderReport(await reportData(storage, { ...facts, command: 'test', preset: 'none' }, summary));
    expect(page).toContain('<html');
    expect(page).toContain('test-time adaptation');
  });
});

describe('run', () => {
  it('stopped anywhere and started again ends with the same files', async () => {
    const whole = await chain(2);
    await run(whole.context, ['evaluation']);
    const expected = await outputs(whole.storage);
    const total = whole.context.events.filter((event) => event.type === 'step').length;

    // One storage, stopped after every third step of the chain, until it is through.
    const { storage, config } = await chain(2);
    let resumes = 0;
    for (; resumes <= total; resumes++) {
      const controller = new AbortController();
      let steps = 0;
      const emit: RunContext['emit'] = (event) => {
        if (event.type === 'step' && ++steps === 3) controller.abort();
      };
      try {
        await run(testContext({ config, storage, emit, signal: controller.signal }), ['evaluation']);
        break;
      } catch (error) {
        expect(error).toBeInstanceOf(Interrupted);
      }
    }
    expect(resumes).toBeGreaterThan(5);
    expect(await outputs(storage)).toEqual(expected);
  });

  it('makes what it needs and no more', async () => {
    const { context, storage, config } = await chain(2);
    const { timings, test } = await run(context, ['tokens']);
    expect(timings.map(({ name }) => name)).toEqual(['vqae', 'tokens']);
    expect(test).toEqual([]);
    const alone = { ...config, registration: { ...config.registration, baseline: false } };
    const rest = await run(testContext({ config: alone, storage }), ['evaluation']);
    expect(rest.timings.map(({ name, skipped }) => [name, skipped])).toEqual([
      ['vqae', true],
      ['tokens', true],
      ['diffusion', false],
      ['synthetic', false],
      ['registration', false],
      ['evaluation', false],
    ]);
  });

  it('runs again what a changed setting concerns', async () => {
    const { context, storage, config } = await chain(2);
    await run(context, ['synthetic']);
    const changed = { ...config, synthesize: { ...config.synthesize, temperature: 1.1 } };
    const rerun = await run(testContext({ config: changed, storage }), ['synthetic']);
    expect(rerun.timings.filter(({ skipped }) => !skipped).map(({ name }) => name)).toEqual(['synthetic']);
  });

  it('makes damaged tokens again', async () => {
    const { context, storage, config } = await chain(2);
    await run(context, ['tokens']);
    const path = 'tokens/train/001.safetensors';
    const good = (await storage.read(path))!;
    await storage.write(path, good.slice(0, 20));
    await run(testContext({ config, storage }), ['tokens']);
    expect(await storage.read(path)).toEqual(good);
  });

  it('takes trained models from elsewhere', async () => {
    const trained = await chain(2);
    await run(trained.context, ['registration']);
    const models = {
      vqae: trained.storage.within('vqae'),
      diffusion: trained.storage.within('diffusion'),
      registration: trained.storage.within('registration'),
    };
    const { context, storage } = await chain(2, { models });
    const stages = async (...targets: StageName[]) => (await run(context, targets)).timings.map(({ name }) => name);
    expect(await stages('synthetic')).toEqual(['vqae', 'diffusion', 'synthetic']);
    for (const path of ['vqae/model.safetensors', 'diffusion/config.json', 'synthetic/case_0001_1.nii.gz']) {
      expect(await storage.read(path)).toEqual(await trained.storage.read(path));
    }
    const wrong = { ...context, models: { diffusion: models.vqae } };
    await expect(run(wrong, ['synthetic'])).rejects.toThrow(PipelineError);
  });

  it('begins a training with the weights of another, at another resolution', async () => {
    const trained = await chain(2);
    await run(trained.context, ['registration-real']);
    const start = trained.storage.within('registration-real');
    const config = smallestConfig(2);
    const still = { ...config.registration, steps: 1, learningRate: 1e-30 };
    const larger = { ...config, registration: still, source: { ...config.source, size: [24, 24, 24] } } as RunConfig;
    const storage = new MemoryStorage();
    const context = testContext({ config: parseRunConfig(larger), storage, start });
    await run(context, ['registration-real']);
    const left = await readModel(storage.within('registration-real'), 'registration');
    expect(left.tensors).toEqual((await readModel(start, 'registration')).tensors);
    expect(left.config).toMatchObject({ size: [1, 24, 24] });
    expect((await run(context, ['registration-real'])).timings[0].skipped).toBe(true);
    const fresh = await run({ ...context, start: undefined }, ['registration-real']);
    expect(fresh.timings[0].skipped).toBe(false);
    const wider = { ...larger, registration: { ...still, model: { ...still.model, channels: [6, 8] } } };
    await expect(run(testContext({ config: parseRunConfig(wider), start }), ['registration-real'])).rejects.toThrow(
      'start: expected a network of the same layers',
    );
  });

  it('scores the held-out training pairs instead of the test pairs', async () => {
    const config = smallestConfig(2);
    const evaluation = { ...config.evaluation, networks: false, pairs: 'validation' as const };
    const { context, storage } = await chain(2, { config: { ...config, evaluation } });
    const { test } = await run(context, ['evaluation']);
    expect(test.map(({ id }) => id)).toEqual(['003']);
    const [result] = await readResults(storage, test);
    expect(result.methods.optimise!.fromOptimised).toBe(0);
    expect(result.methods.before!.fromOptimised).toBeGreaterThan(0);
  });

  it('leaves models that open, each as its stage left it', async () => {
    const { context, storage, config } = await chain(2);
    await run(context, ['registration']);
    const left = await leaked(async () => {
      const vqae = await openVqae(storage.within('vqae'));
      expect(vqae.config.codes).toBe(config.vqae.model.codes);
      const denoiser = await openDenoiser(storage.within('diffusion'));
      expect(denoiser.config.grid).toEqual([2, 1, 8, 8]);
      const network = await openRegistration(storage.within('registration'));
      expect(network.config.size).toEqual([1, 16, 16]);
      for (const model of [vqae, denoiser, network]) model.dispose();
    });
    expect(left).toEqual(NOTHING);
    for (const kind of ['vqae', 'diffusion', 'registration']) {
      expect(new TextDecoder().decode(await storage.read(`${kind}/README.md`))).toMatch(/^# .*\n\nMade by paired3d/);
    }
  });

  it('says what is wrong with a crop or a grid that the autoencoder cannot take', async () => {
    const config = smallestConfig(2);
    const crop = { ...config, vqae: { ...config.vqae, crop: 7 } };
    await expect(run(testContext({ config: crop }), ['vqae'])).rejects.toThrow('vqae.crop: expected a multiple of 2');
    const model = { ...config.vqae.model, network: { kind: 'patch' as const, encoder: [4, 4, 4, 4, 4], decoder: [4, 4, 4, 4, 4] } }; // prettier-ignore
    const grid = { ...config, vqae: { ...config.vqae, model } };
    await expect(run(testContext({ config: grid }), ['vqae'])).rejects.toThrow(
      'working grid: expected multiples of 32 voxels',
    );
  });
});
