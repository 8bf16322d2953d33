import type { Split } from '../data/types';
import type { RunConfig } from './config';
import type { ModelName } from './context';
import type { StageName } from './run';

/**
 * The splits of the data that stages read, with everything that they build on, so that an application can check its data
 * before it writes anything.
 * @param models models that are given and need no training
 */
export function splitsNeeded(
  targets: readonly StageName[],
  config: RunConfig,
  models: readonly ModelName[] = [],
): Split[] {
  const networks = !config.evaluation.networks
    ? []
    : config.registration.baseline
      ? (['registration', 'registration-real'] as const)
      : (['registration'] as const);
  const needs: Record<StageName, readonly (StageName | Split)[]> = {
    vqae: ['train'],
    tokens: ['train', 'vqae'],
    diffusion: ['vqae', 'tokens'],
    synthetic: ['vqae', 'diffusion'],
    registration: ['synthetic'],
    'registration-real': ['train'],
    evaluation: [...networks, 'test'],
  };
  const splits = new Set<Split>();
  const visit = (name: StageName | Split): void => {
    if (name === 'train' || name === 'test') splits.add(name);
    else if (!models.includes(name as ModelName)) needs[name].forEach(visit);
  };
  targets.forEach(visit);
  return [...splits];
}
