import { describe, expect, it } from 'vitest';
import { PipelineError } from '../errors';
import { STAGES, type StageName } from '../run/run';
import { parseRunConfig } from '../run/parse';
import { presets } from '../run/presets';
import { checkMemory, presetMemory } from './checkMemory';
import { estimateMemory } from './estimateMemory';

const GIB = 2 ** 30;
const small = parseRunConfig(presets.small);
const paper = parseRunConfig(presets.paper);
const of = (config: typeof small) =>
  Object.fromEntries(estimateMemory(config).map(({ stage, bytes }) => [stage, bytes])) as Record<StageName, number>;

describe('estimateMemory', () => {
  it('has every stage, in order', () => {
    expect(estimateMemory(small).map(({ stage }) => stage)).toEqual(STAGES);
    const stages = estimateMemory(paper).map(({ stage }) => stage);
    expect(stages).toEqual(STAGES.filter((name) => name !== 'motion'));
  });

  it('follows sizes, and what is computed again; not the batch', () => {
    const before = of(small);
    const doubled = of({ ...small, vqae: { ...small.vqae, crop: 64 } });
    expect(doubled.vqae).toBeGreaterThan(2 * before.vqae);
    expect(doubled.diffusion).toBe(before.diffusion);
    expect(of({ ...small, diffusion: { ...small.diffusion, batch: 64 } })).toEqual(before);
    const { diffusion } = paper;
    const kept = of({ ...paper, diffusion: { ...diffusion, model: { ...diffusion.model, recompute: false } } });
    // On the paper's grid it fits into the heap by computing again alone.
    expect(kept.diffusion).toBeGreaterThan(4 * GIB);
    for (const stage of ['registration', 'diffusion'] as const) expect(of(paper)[stage]).toBeLessThan(4 * GIB);
  });

  it('has full frames go through the autoencoder slab by slab, their activations beside the heap', () => {
    const host = (config: typeof small) =>
      Object.fromEntries(estimateMemory(config).map((stage) => [stage.stage, stage.host]));
    expect(Object.values(host(small)).every((bytes) => bytes === 0)).toBe(true);
    expect(of(paper).tokens).toBeLessThan(GIB);
    expect(of(paper).synthetic).toBeLessThan(GIB);
    // Two neighbours: 48 channels at full resolution and at half of it.
    expect(host(paper).tokens).toBe(256 * 208 * 256 * 48 * 4 * (1 + 1 / 8));
    expect(host(paper).registration).toBe(0);
  });

  it('does not guess the size of scans that keep their own boxes', () => {
    const source = { kind: 'folder', dataset: { frame: null } };
    expect(estimateMemory(parseRunConfig({ ...presets.small, source }))).toEqual([]);
  });
});

describe('checkMemory', () => {
  const limits = { heap: 4 * GIB, workers: 2, machine: 16e9 };
  const thrown = (...args: Parameters<typeof checkMemory>) => {
    try {
      checkMemory(...args);
    } catch (error) {
      return error as PipelineError;
    }
    return undefined;
  };

  it('lets pass what fits', () => {
    expect(thrown(small, STAGES, limits)).toBeUndefined();
    expect(thrown(paper, ['diffusion', 'registration'], limits)).toBeUndefined();
  });

  it('says before the start that a stage does not fit the heap, and what does', () => {
    const error = thrown(paper, STAGES, limits)!;
    expect(error).toMatchObject({ name: 'PipelineError', where: 'vqae', exitCode: 42 });
    expect(error.message).toMatch(
      /^vqae: expected at most 4.3 GB of tensors a worker, .* got about \d+\.\d GB; use --preset small \(\d\.\d GB\), --preset tiny/,
    );
  });

  it('says how many workers the machine has memory for', () => {
    const message = 'for 4 workers, got about 2.8 GB each; use --workers 2';
    expect(thrown(paper, ['registration'], { ...limits, workers: 4, machine: 8e9 })!.message).toContain(message);
    expect(thrown(paper, ['registration'], { ...limits, machine: 1e9 })!.message).toContain('use --preset small');
  });

  it('counts what lies beside the heap', () => {
    const machine = 6e9;
    expect(thrown(paper, ['tokens'], { ...limits, workers: 1, machine })).toBeUndefined();
    expect(thrown(paper, ['tokens'], { ...limits, machine })!.message).toMatch(/about 3\.\d GB each; use --workers 1$/);
  });

  it('knows the presets', () => {
    const { tiny, small, paper } = presetMemory();
    expect(tiny).toBeLessThan(small);
    expect(small).toBeLessThan(GIB / 2);
    expect(paper).toBeGreaterThan(4 * GIB);
  });
});
