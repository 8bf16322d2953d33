import { PipelineError } from '../errors';
import { canonicalJson } from './canonical-json';
import { sha256Hex } from './digest';
import type { Storage } from './storage';

/** Raised when the meaning of a stage's outputs changes, so that older ones are made again. */
export const MANIFEST_VERSION = 1;

/** The file that says that a stage's folder is complete. It is written last. */
export const MANIFEST_PATH = 'manifest.json';

/** What a stage made, from what, and how. */
export interface Manifest {
  readonly stage: string;
  readonly version: number;
  /** SHA-256 of everything that the stage read, by a name that the stage chooses. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly config: unknown;
  /** SHA-256 of every output file, by path within the stage's folder. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** What decides whether a stage must run. */
export type StageIdentity = Pick<Manifest, 'stage' | 'inputs' | 'config'>;

/**
 * Declares a stage complete: hashes the outputs and writes the manifest.
 *
 * @param storage the stage's own folder.
 * @param outputs paths within it of the files to vouch for.
 * @throws PipelineError when an output does not exist.
 */
export async function completeStage(
  storage: Storage,
  identity: StageIdentity,
  outputs: readonly string[],
): Promise<Manifest> {
  const hashes: Record<string, string> = {};
  for (const path of outputs) {
    const bytes = await storage.read(path);
    if (!bytes) {
      const advice = 'write every output before the stage is declared complete';
      throw new PipelineError({ where: identity.stage, expected: `the output ${path}`, got: 'no such file', advice });
    }
    hashes[path] = await sha256Hex(bytes);
  }
  const { stage, inputs, config } = identity;
  const manifest: Manifest = { stage, version: MANIFEST_VERSION, inputs, config: config ?? null, outputs: hashes };
  await storage.write(MANIFEST_PATH, new TextEncoder().encode(canonicalJson(manifest, 2) + '\n'));
  return manifest;
}

/** Whether the folder holds exactly what this stage would make from these inputs with this config, unharmed. */
export async function stageIsComplete(storage: Storage, identity: StageIdentity): Promise<boolean> {
  return (await whyIncomplete(storage, identity)) === undefined;
}

/** Why the stage has to run, in words to print; undefined when it is complete. */
export async function whyIncomplete(storage: Storage, identity: StageIdentity): Promise<string | undefined> {
  const bytes = await storage.read(MANIFEST_PATH);
  if (!bytes) return 'it has not been completed yet';
  const manifest = parseManifest(bytes);
  if (!manifest) return `its ${MANIFEST_PATH} is damaged`;
  if (manifest.stage !== identity.stage) return `its folder holds the stage ${manifest.stage}`;
  if (manifest.version !== MANIFEST_VERSION)
    return `it was made in format ${manifest.version}, not ${MANIFEST_VERSION}`;
  const config = firstDifference(manifest.config, JSON.parse(canonicalJson(identity.config ?? null)), 'config');
  if (config) return `${config} has changed`;
  const input = firstDifference(manifest.inputs, identity.inputs, 'input');
  if (input) return `${input} has changed`;
  for (const [path, hash] of Object.entries(manifest.outputs)) {
    const output = await storage.read(path);
    if (!output) return `its output ${path} is missing`;
    if ((await sha256Hex(output)) !== hash) return `its output ${path} is damaged`;
  }
  return undefined;
}

/** SHA-256 of a complete stage's manifest, which stands for all its outputs as an input of the next; undefined when there is none. */
export async function manifestHash(storage: Storage): Promise<string | undefined> {
  const bytes = await storage.read(MANIFEST_PATH);
  return bytes && sha256Hex(bytes);
}

/** Takes the claim of completeness back, before outputs are written over. */
export async function reopenStage(storage: Storage): Promise<void> {
  await storage.remove(MANIFEST_PATH);
}

function parseManifest(bytes: Uint8Array): Manifest | undefined {
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Manifest> | null;
    const whole = value && typeof value.inputs === 'object' && value.inputs && typeof value.outputs === 'object';
    return whole && value.outputs ? (value as Manifest) : undefined;
  } catch {
    return undefined;
  }
}

/** Path of the first place where two JSON values differ, undefined when they are equal. */
function firstDifference(a: unknown, b: unknown, path: string): string | undefined {
  if (canonicalJson(a) === canonicalJson(b)) return undefined;
  if (!isObject(a) || !isObject(b)) return path;
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  for (const key of keys) {
    const found = firstDifference(a[key], b[key], `${path}.${key}`);
    if (found) return found;
  }
  return path;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
