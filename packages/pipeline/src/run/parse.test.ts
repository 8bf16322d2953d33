import { describe, expect, it } from 'vitest';
import { PipelineError } from '../errors';
import { augmentPresets } from '../data/augment';
import type { Size3 } from '../data/types';
import { smallestConfig, smallestMotion } from '../testing';
import { augmentationOf } from './config';
import { parseRunConfig, workingSpacing } from './parse';
import { presets } from './presets';

/** A copy with one setting changed, `a.b.c` names it. */
function changed(path: string, value: unknown): unknown {
  const config = structuredClone(smallestConfig(3)) as never;
  const keys = path.split('.');
  const last = keys.pop()!;
  const parent = keys.reduce<Record<string, unknown>>((o, key) => o[key] as Record<string, unknown>, config);
  parent[last] = value;
  return config;
}

describe('parseRunConfig', () => {
  it.each(Object.entries(presets))('takes the preset %s, and its own result again', (_, preset) => {
    const config = parseRunConfig(preset);
    expect(parseRunConfig(config)).toEqual(config);
    expect(parseRunConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
  });

  it.each([
    ['vqae.model.code', 16, 'configuration, vqae.model: expected known settings, got code'],
    ['unknown', 1, 'configuration, top level: expected known settings, got unknown'],
    ['diffusion.steps', 0, 'configuration, diffusion.steps: expected'],
    ['diffusion.steps', 2.5, 'configuration, diffusion.steps: expected int'],
    ['registration.pool', 'two', 'configuration, registration.pool: expected number, got string'],
    ['synthesize', undefined, 'configuration, synthesize: expected object, got undefined'],
    ['spatialDims', 4, 'configuration, spatialDims: '],
    ['vqae.augmentation', 'huge', 'configuration, vqae.augmentation: '],
    ['vqae.model.codes', 40_000, 'configuration, vqae.model.codes: expected'],
    ['source.kind', 'web', 'configuration, source.kind: '],
    ['source.cases.train', -1, 'configuration, source.cases.train: '],
  ])('refuses %s = %s by its name', (path, value, message) => {
    const parse = () => parseRunConfig(changed(path, value));
    expect(parse).toThrow(PipelineError);
    expect(parse).toThrow(message);
  });

  it.each([2, 1.5])('refuses gains from 2 to %d mm', (most) => {
    const motion = { ...smallestMotion, gain: { ...smallestMotion.gain, most } };
    const message = `configuration, motion.gain.most: expected more than least, 2, got ${most}; correct`;
    expect(() => parseRunConfig(changed('motion', motion))).toThrow(message);
  });

  it('takes an amplitude where tokens stand for motion alone', () => {
    const augmentation = { ...augmentPresets.full, amplitude: 0.2 };
    const { tokenize, ...rest } = { ...smallestConfig(3), motion: smallestMotion };
    const config = { ...rest, tokenize: { ...tokenize, augmentation } };
    expect(parseRunConfig(config).tokenize.augmentation).toEqual(augmentation);
    const refused =
      'augmentation.amplitude: expected none, since only tokens of motion can be told to move more or less';
    expect(() => parseRunConfig({ ...config, motion: null })).toThrow(`configuration, tokenize.${refused}`);
    for (const stage of ['vqae', 'registration'] as const) {
      const wrong = { ...config, [stage]: { ...config[stage], augmentation } };
      expect(() => parseRunConfig(wrong)).toThrow(`configuration, ${stage}.${refused}, got 0.2`);
    }
  });

  it('counts what else is wrong', () => {
    const config = { ...(changed('seed', 'x') as object), validation: -1 };
    expect(() => parseRunConfig(config)).toThrow('(and 1 more)');
  });

  it('takes the plane of a phantom in 2D, once', () => {
    const config = parseRunConfig({ ...presets.tiny, spatialDims: 2 });
    const [i, , k] = (presets.tiny.source as { size: Size3 }).size;
    expect(config.source).toMatchObject({ size: [1, i, k] });
    expect(parseRunConfig(config)).toEqual(config);
  });

  it('tells the spacing of the working grid', () => {
    expect(workingSpacing(smallestConfig(3))).toEqual([10, 10, 10]);
    const { spacing, pool } = (presets.small.source as { dataset: object }).dataset as Record<string, number>;
    expect(workingSpacing(parseRunConfig(presets.small))).toEqual([0, 1, 2].map(() => spacing * pool));
  });

  it('takes augmentations by name and by value', () => {
    expect(augmentationOf('big')).toBe(augmentPresets.big);
    const values = { ...augmentPresets.big, flip: false };
    expect(augmentationOf(values)).toBe(values);
    const config = parseRunConfig(changed('registration.augmentation', values));
    expect(config.registration.augmentation).toEqual(values);
  });
});
