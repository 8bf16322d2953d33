import path from 'node:path';
import type { RunConfig } from '@paired3d/pipeline';
import type { OptimisePreset } from '@paired3d/registration';
import type { DataOptions, ModelOptions } from '../run-options';
import type { Training } from './trainings';

/** What all commands of an experiment share. */
export interface Setting {
  readonly out: string;
  readonly data: DataOptions;
  readonly models: Pick<ModelOptions, 'vqae' | 'diffusion'>;
  /** `--preset`, `--config`, `--set`, `--seed`, `--backend` and `--workers`, as they were given. */
  readonly options: readonly string[];
  readonly config: RunConfig;
}

/** The arguments of one `paired3d` command. */
export type Arguments = readonly string[];

/** Arguments of options that have a value. */
export function given(options: Readonly<Record<string, string | number | undefined>>): string[] {
  return Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, `${value}`]));
}

const sets = (settings: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(settings).flatMap(([name, value]) => ['--set', `${name}=${JSON.stringify(value)}`]);

/** Where a training leaves its network. */
export const networkFolder = ({ out }: Setting, { id, on }: Training): string =>
  path.join(out, id, on === 'real' ? 'registration-real' : 'registration');

/** Trains a network. */
export function trainCommand(
  setting: Setting,
  training: Training,
  steps: number,
  start: Training | undefined,
  folder = path.join(setting.out, training.id),
): Arguments {
  const { data, models, options } = setting;
  return [
    ...['train', 'registration', '--on', training.on, ...options],
    ...sets({ 'registration.steps': steps, ...training.settings }),
    ...given({ train: data.train, ...(training.on === 'synthetic' && models) }),
    ...given({ start: start && networkFolder(setting, start) }),
    ...['--out', folder],
  ];
}

/** Registers the test pairs, or those held out of the training, with a network. */
export function evaluateCommand(setting: Setting, training: Training, pairs: 'test' | 'validation'): Arguments {
  const { data, options, out } = setting;
  return [
    ...['evaluate', '--pairs', pairs, ...options],
    ...sets({ ...training.settings, ...scoredGrid(setting, training) }),
    ...given({
      registration: networkFolder(setting, training),
      'optimise-preset': pairs === 'test' ? 'none' : 'accurate',
    }),
    ...given({ ...data }),
    ...['--out', path.join(out, training.id, pairs)],
  ];
}

/** Registers the test pairs by optimisation alone. */
export function optimiseCommand({ data, options, out }: Setting, preset: OptimisePreset): Arguments {
  const how = ['--method', 'optimise', '--optimise-preset', preset];
  return ['evaluate', ...how, ...options, ...given({ ...data }), '--out', path.join(out, `optimise-${preset}`)];
}

/** All methods are scored on, and optimisation works at, twice the resolution of the networks, where files have it. */
function scoredGrid({ config: { source } }: Setting, { resolution }: Training): Record<string, unknown> {
  if (resolution === 'doubled' || source.kind !== 'folder') return {};
  const { pool } = source.dataset;
  if (typeof pool !== 'number' || pool % 2 !== 0) return {};
  return { 'source.dataset.pool': pool / 2, 'registration.pool': 2 };
}
