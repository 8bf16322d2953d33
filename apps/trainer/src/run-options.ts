import { Option, type Command } from 'commander';
import type { ModelName } from '@paired3d/pipeline';
import { addSharedOptions, SHARED_OPTIONS } from './options';

/** Where a run finds its data, as commander gives it. */
export interface DataOptions {
  readonly train?: string;
  readonly test?: string;
  readonly landmarks?: string;
}

/** Models to take from elsewhere instead of training them, as commander gives them. */
export type ModelOptions = Readonly<Partial<Record<ModelName, string>>>;

const data: Readonly<Record<keyof DataOptions, string>> = {
  train: 'the training pairs, case_NNN_1.nii.gz (fixed) and case_NNN_2.nii.gz (moving)',
  test: 'the pairs for evaluation, named alike',
  landmarks: 'corresponding points of the test pairs, case_NNN_cropped.csv and case_NNN_exact.csv',
};

const models: Readonly<Record<ModelName, string>> = {
  vqae: 'an autoencoder to use instead of training one',
  diffusion: 'a diffusion model to use instead of training one',
  registration: 'a registration network to use instead of training one',
};

/** Adds what every command that runs stages has: settings, data folders (all of them unless some are named), models, `--out` (required). */
export function addChainOptions(command: Command, folders?: readonly (keyof DataOptions)[]): Command {
  addDataOptions(addSharedOptions(command, SHARED_OPTIONS, ['out']), folders);
  return addModelOptions(command);
}

/** Adds `--train`, `--test` and `--landmarks`, or those that are named. */
export function addDataOptions(
  command: Command,
  names: readonly (keyof DataOptions)[] = ['train', 'test', 'landmarks'],
): Command {
  for (const name of names) command.addOption(new Option(`--${name} <folder>`, data[name]));
  return command;
}

/** Adds `--vqae`, `--diffusion` and `--registration`, or those that are named. */
export function addModelOptions(
  command: Command,
  names: readonly ModelName[] = ['vqae', 'diffusion', 'registration'],
): Command {
  for (const name of names) command.addOption(new Option(`--${name} <folder>`, models[name]));
  return command;
}
