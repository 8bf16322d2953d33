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
  return needed(targets, config, models).filter(isSplit);
}

/**
 * The stages that targets build on, themselves included, but for models that are given.
 * @param models models that are given and need no training
 */
export function stagesNeeded(
  targets: readonly StageName[],
  config: RunConfig,
  models: readonly ModelName[] = [],
): StageName[] {
  return needed(targets, config, models).filter((name): name is StageName => !isSplit(name));
}

const isSplit = (name: StageName | Split): name is Split => name === 'train' || name === 'test';

function needed(targets: readonly StageName[], config: RunConfig, models: readonly ModelName[]): (StageName | Split)[] {
  const networks = !config.evaluation.networks
    ? []
    : config.registration.baseline
      ? (['registration', 'registration-real'] as const)
      : (['registration'] as const);
  const given = config.synthesize.given.fixed + config.synthesize.given.moving > 0;
  const needs: Record<StageName, readonly (StageName | Split)[]> = {
    vqae: ['train'],
    motion: ['train'],
    tokens: config.motion ? ['train', 'vqae', 'motion'] : ['train', 'vqae'],
    diffusion: ['vqae', 'tokens'],
    synthetic: given
      ? ['vqae', 'diffusion', 'train', ...(config.motion ? (['motion'] as const) : [])]
      : ['vqae', 'diffusion'],
    registration: ['synthetic'],
    'registration-real': ['train'],
    evaluation: [...networks, config.evaluation.pairs === 'test' ? 'test' : 'train'],
  };
  const found = new Set<StageName | Split>();
  const visit = (name: StageName | Split): void => {
    if (models.includes(name as ModelName)) return;
    found.add(name);
    if (!isSplit(name)) needs[name].forEach(visit);
  };
  targets.forEach(visit);
  return [...found];
}
