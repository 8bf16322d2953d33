import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseRunConfig, presets, type PresetName, type RunConfig } from '@paired3d/pipeline';
import { gatherSettings, type Settings } from './config';
import type { SharedOptions } from './options';

/** The complete configuration of a run, within its output folder. */
export const CONFIG_FILE = 'config.json';

/** The options that decide a configuration. */
export interface ConfigOptions extends Partial<Pick<SharedOptions, 'preset' | 'config' | 'set' | 'seed' | 'out'>> {
  readonly train?: string;
}

/** A configuration and what it began with, to show. */
export interface ResolvedConfig {
  readonly config: RunConfig;
  /** A preset's name, or the file of an earlier run. */
  readonly preset: string;
}

/**
 * The configuration that the options ask for: `--preset`, or else what the output folder's last run had, or else `small` with training
 * scans and `tiny` without; over it `--config`, `--set` and `--seed`. A preset on phantoms gets the scans of `small` when `--train` is given.
 *
 * @param fallback the preset instead of those two.
 * @throws PipelineError that names the file or setting that is wrong.
 */
export async function resolveConfig(options: ConfigOptions, fallback?: PresetName): Promise<ResolvedConfig> {
  const { preset, base } = await startingPoint(options, fallback ?? (options.train ? 'small' : 'tiny'));
  const settings = await gatherSettings({ preset: base, file: options.config, set: options.set });
  if (options.seed !== undefined) settings.seed = options.seed;
  return { config: parseRunConfig(settings), preset };
}

async function startingPoint(
  { preset, out, train }: ConfigOptions,
  fallback: PresetName,
): Promise<{ preset: string; base: Settings }> {
  const earlier = out === undefined ? undefined : path.join(out, CONFIG_FILE);
  if (preset === undefined && earlier !== undefined && existsSync(earlier)) {
    return { preset: earlier, base: await gatherSettings({ preset: {}, file: earlier }) };
  }
  const name = preset ?? fallback;
  const chosen: Settings = { ...presets[name] };
  const onPhantoms = presets[name].source.kind === 'phantom';
  return {
    preset: name,
    base: onPhantoms && train !== undefined ? { ...chosen, source: presets.small.source } : chosen,
  };
}
