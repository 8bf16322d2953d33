import { InvalidArgumentError, Option, type Command } from 'commander';
import { presets, type PresetName } from '@paired3d/pipeline';
import type { Precision } from '@paired3d/ops/webgpu';
import { backendNames, precisionNames, type BackendName } from './backend';

/** The options that commands share, as commander gives them; each command has those it asked for. */
export interface SharedOptions {
  readonly preset?: PresetName;
  readonly config?: string;
  readonly set: string[];
  readonly backend: BackendName;
  readonly precision?: Precision;
  readonly workers?: number;
  readonly seed?: number;
  readonly out?: string;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly quiet: boolean;
}

/** More threads than this are a slip of the finger. */
const MOST_WORKERS = 1024;

const makers = {
  preset: () => new Option('--preset <name>', 'the settings to begin with').choices(Object.keys(presets)),
  config: () => new Option('--config <file>', 'a JSON file with the settings that differ from the preset'),
  set: () =>
    new Option('--set <path=value>', 'one setting, e.g. vqae.steps=200; may be repeated')
      .argParser((text: string, before: string[]) => [...before, text])
      .default([], 'none'),
  backend: () =>
    new Option(
      '--backend <name>',
      'what computes; auto is a GPU where @tensorflow/tfjs-node-gpu or webgpu is installed, else wasm',
    )
      .choices(backendNames)
      .default('auto'),
  precision: () =>
    new Option(
      '--precision <name>',
      'mixed, with --backend webgpu: factors of products in float16, the rest in float32',
    ).choices(precisionNames),
  workers: () =>
    new Option('--workers <number>', 'threads that compute, by default one a core; the result is the same').argParser(
      between(1, MOST_WORKERS),
    ),
  seed: () => new Option('--seed <number>', 'the same seed gives the same result').argParser(wholeNumber),
  out: () => new Option('--out <folder>', 'where everything is written; a run that was stopped goes on from there'),
  json: () => new Option('--json', 'write one JSON object a line on standard output, and nothing else').default(false),
  verbose: () => new Option('--verbose', 'show where an error came from').default(false),
  quiet: () => new Option('--quiet', 'show warnings alone').default(false),
} satisfies Record<keyof SharedOptions, () => Option>;

/** The names of all of them. */
export const SHARED_OPTIONS = Object.keys(makers) as (keyof SharedOptions)[];

/** Adds shared options to a command, all of them unless some are named; those that are `required` must be given. */
export function addSharedOptions(
  command: Command,
  names: readonly (keyof SharedOptions)[] = SHARED_OPTIONS,
  required: readonly (keyof SharedOptions)[] = [],
): Command {
  for (const name of required) command.addOption(makers[name]().makeOptionMandatory());
  for (const name of names) if (!required.includes(name)) command.addOption(makers[name]());
  return command;
}

/** Reads an option's whole number. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value)) throw new InvalidArgumentError('Expected a whole number.');
  return value;
}

/** A reader of an option's whole number that is not less than `least`. */
export function atLeast(least: number): (text: string) => number {
  return (text) => {
    const value = wholeNumber(text);
    if (value < least) throw new InvalidArgumentError(`Expected ${least} or more.`);
    return value;
  };
}

/** A reader of an option's whole number from `least` to `most`. */
function between(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = wholeNumber(text);
    if (value < least || value > most) throw new InvalidArgumentError(`Expected ${least} to ${most}.`);
    return value;
  };
}

/** Reads an option's number from 0 to 1. */
export function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError('Expected a number from 0 to 1.');
  return value;
}
