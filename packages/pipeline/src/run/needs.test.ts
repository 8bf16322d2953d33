import { expect, it } from 'vitest';
import { splitsNeeded } from './needs';
import { parseRunConfig } from './parse';
import { presets } from './presets';

it('tells the splits that stages and what they build on read', () => {
  const config = parseRunConfig(presets.tiny);
  const alone = { ...config, registration: { ...config.registration, baseline: false } };
  expect(splitsNeeded(['vqae'], config)).toEqual(['train']);
  expect(splitsNeeded(['evaluation'], config)).toEqual(['train', 'test']);
  expect(splitsNeeded(['synthetic'], config, ['vqae', 'diffusion'])).toEqual([]);
  expect(splitsNeeded(['evaluation'], config, ['registration'])).toEqual(['train', 'test']);
  const optimised = { ...config, evaluation: { ...config.evaluation, networks: false, optimise: 'fast' as const } };
  expect(splitsNeeded(['evaluation'], optimised)).toEqual(['test']);
  const held = { ...optimised, evaluation: { ...optimised.evaluation, pairs: 'validation' as const } };
  expect(splitsNeeded(['evaluation'], held)).toEqual(['train']);
  expect(splitsNeeded(['evaluation'], alone, ['registration'])).toEqual(['test']);
});
