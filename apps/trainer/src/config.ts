import * as fs from 'node:fs/promises';
import { PipelineError } from '@paired3d/pipeline';
import { fileError } from './file-errors';

/** A tree of settings, as JSON holds it. */
export type Settings = { [key: string]: unknown };

/** Where settings come from; the later ones win. */
export interface SettingSources {
  /** Complete settings to begin with. */
  readonly preset: Settings;
  /** `--config`: a JSON file of the settings that differ. */
  readonly file?: string;
  /** `--set`: each `a.b=value`. */
  readonly set?: readonly string[];
}

/**
 * The preset with the file's and the command line's settings merged over it: objects key by key, everything else (lists, objects of another `kind`) as a whole.
 * Keys that the preset lacks are kept: the schema that checks the result reports those that mean nothing.
 *
 * @throws PipelineError that names the file or the setting.
 */
export async function gatherSettings({ preset, file, set = [] }: SettingSources): Promise<Settings> {
  const fromFile = file === undefined ? {} : await readSettings(file);
  let settings = merge(preset, fromFile);
  for (const text of set) {
    const { path, value } = parseSetting(text);
    settings = withValue(settings, path, value);
  }
  return settings;
}

/** Reads one `a.b=value`; the value is JSON if it can be, else the text itself: `0.1`, `true`, `[1,2]`, `null`, `wasm`. */
export function parseSetting(text: string): { path: string[]; value: unknown } {
  const equals = text.indexOf('=');
  const path = text.slice(0, Math.max(0, equals)).split('.');
  if (equals < 1 || path.some((key) => !/^[\w-]+$/.test(key) || key === '__proto__')) {
    const expected = 'path=value such as vqae.steps=200';
    throw new PipelineError({ where: '--set', expected, got: JSON.stringify(text), advice: 'write it that way' });
  }
  const value = text.slice(equals + 1);
  try {
    return { path, value: JSON.parse(value) as unknown };
  } catch (cause) {
    // Text that begins as JSON was meant as JSON: taking it for a string would hide the slip.
    if (!/^\s*[[{"]/.test(value)) return { path, value };
    const [where, got] = [`--set ${path.join('.')}`, JSON.stringify(value)];
    const advice = "check its brackets and quotes; in a shell put '…' around it";
    throw new PipelineError({ where, expected: 'valid JSON', got, advice, cause });
  }
}

async function readSettings(file: string): Promise<Settings> {
  const text = await fs.readFile(file, 'utf8').catch((error: unknown) => {
    throw fileError(file, 'a file of settings', error);
  });
  const complain = (got: string, cause?: unknown) => {
    const advice = 'write the settings that differ from the preset as {"name": value}';
    return new PipelineError({ where: file, expected: 'a JSON object of settings', got, advice, cause });
  };
  let settings: unknown;
  try {
    settings = JSON.parse(text, (key, value: unknown) => {
      if (key === '__proto__') throw new SyntaxError('a key __proto__');
      return value;
    });
  } catch (error) {
    throw complain((error as Error).message.replace(/\s+/g, ' '), error);
  }
  if (!isSettings(settings)) throw complain(Array.isArray(settings) ? 'a list' : JSON.stringify(settings));
  return settings;
}

function merge(base: Settings, over: Settings): Settings {
  const merged: Settings = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const old = Object.hasOwn(base, key) ? base[key] : undefined;
    merged[key] = isSettings(old) && isSettings(value) && !otherKind(old, value) ? merge(old, value) : value;
  }
  return merged;
}

/** Settings of another `kind` replace all: what the first kind needs means nothing to it. */
const otherKind = (old: Settings, value: Settings) =>
  old.kind !== undefined && value.kind !== undefined && value.kind !== old.kind;

function withValue(settings: Settings, path: readonly string[], value: unknown, above: string[] = []): Settings {
  const [key, ...rest] = path;
  if (rest.length === 0) return merge(settings, { [key]: value });
  const inner = Object.hasOwn(settings, key) ? settings[key] : {};
  if (!isSettings(inner)) {
    const where = `--set ${[...above, ...path].join('.')}`;
    const name = [...above, key].join('.');
    const advice = `set ${name} as a whole`;
    throw new PipelineError({ where, expected: `${name} to have settings in it`, got: JSON.stringify(inner), advice });
  }
  return { ...settings, [key]: withValue(inner, rest, value, [...above, key]) };
}

function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
