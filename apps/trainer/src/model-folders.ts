import path from 'node:path';
import { PipelineError, readModel, type ModelName, type Storage } from '@paired3d/pipeline';
import { NodeStorage } from './node-storage';
import type { ModelOptions } from './run-options';

/**
 * Opens the model folders that are given, and checks that they hold what they should.
 *
 * @param out the output folder, whose own model would be replaced by itself.
 * @throws PipelineError when one is no model folder, or lies where the run writes its own.
 */
export async function openModels(
  given: ModelOptions,
  out: string,
): Promise<Readonly<Partial<Record<ModelName, Storage>>>> {
  const models: Partial<Record<ModelName, Storage>> = {};
  for (const name of ['vqae', 'diffusion', 'registration'] as const) {
    const folder = given[name];
    if (folder === undefined) continue;
    if (path.resolve(folder) === path.resolve(out, name)) {
      const [expected, advice] = ['a model from another folder than --out', `leave --${name} out: it is used anyway`];
      throw new PipelineError({ where: `--${name}`, expected, got: folder, advice });
    }
    models[name] = await openModel(name, folder);
  }
  return models;
}

/**
 * Opens one model folder.
 *
 * @param option that named it, for the message.
 * @throws PipelineError when it holds no model of that kind.
 */
export async function openModel(name: ModelName, folder: string, option = `--${name}`): Promise<Storage> {
  const storage = await NodeStorage.existing(folder);
  await readModel(storage, name).catch((error: unknown) => {
    if (!(error instanceof PipelineError)) throw error;
    const { expected, got, advice } = error;
    throw new PipelineError({ where: `${option} ${folder}`, expected, got, advice, cause: error });
  });
  return storage;
}
