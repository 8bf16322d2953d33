import { decodeSafetensors, encodeSafetensors, type HostTensor } from '@paired3d/nn';
import { PipelineError } from '../errors';
import type { Storage } from '../storage/storage';
import { readJson, writeJson } from './stage';

/** A trained model as a folder: `model.safetensors`, `config.json` and a card, `README.md`. */
export interface ModelFolder {
  /** 'vqae', 'diffusion' or 'registration' */
  readonly kind: string;
  /** configuration with which the model is built */
  readonly config: Record<string, unknown>;
  readonly tensors: Map<string, HostTensor>;
}

/** Paths that a model folder consists of. */
export const MODEL_FILES = ['model.safetensors', 'config.json', 'README.md'];

/** Writes a model folder; `card` is its description in Markdown. */
export async function writeModel(folder: Storage, model: ModelFolder, card: string): Promise<void> {
  await folder.write('model.safetensors', encodeSafetensors(model.tensors, { format: 'pt', kind: model.kind }));
  await writeJson(folder, 'config.json', { model: model.kind, config: model.config });
  await folder.write('README.md', new TextEncoder().encode(card));
}

/**
 * Which model a folder holds.
 * @throws PipelineError when it is no model folder
 */
export async function kindOfModel(folder: Storage): Promise<string> {
  const description = await readJson<{ model?: unknown }>(folder, 'config.json');
  if (typeof description?.model === 'string') return description.model;
  throw new PipelineError({
    where: 'model folder',
    expected: 'a folder with config.json and model.safetensors',
    got: 'no readable config.json',
    advice: 'give the folder that `paired3d train` wrote',
  });
}

/**
 * Reads a model folder.
 * @throws PipelineError when it is none, or holds another kind of model; SafetensorsError when the weights are damaged
 */
export async function readModel(folder: Storage, kind: string): Promise<ModelFolder> {
  const description = await readJson<{ model: string; config: ModelFolder['config'] }>(folder, 'config.json');
  const weights = await folder.read('model.safetensors');
  const fail = (got: string) =>
    new PipelineError({
      where: `${kind} model`,
      expected: `a folder with config.json and model.safetensors of kind '${kind}'`,
      got,
      advice: 'give the folder that `paired3d train` wrote',
    });
  if (!description?.config) throw fail('no readable config.json');
  if (!weights) throw fail('no model.safetensors');
  const { model, config } = description;
  if (model !== kind) throw fail(`kind '${model}'`);
  return { kind, config, tensors: decodeSafetensors(weights).tensors };
}
