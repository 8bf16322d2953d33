import { PipelineError } from '../errors';
import { sha256Hex } from '../storage/digest';
import type { Storage } from '../storage/storage';
import type { ModelName } from './context';
import { MODEL_FILES, readModel } from './modelFolder';
import type { Stage } from './stage';

/** What the training measured, where its folder has it: the summary tells it. */
const METRICS = 'metrics.json';

/** A stage that takes a trained model from elsewhere instead of training one. */
export async function importStage(name: ModelName, from: Storage): Promise<Stage> {
  await readModel(from, name);
  const inputs: Record<string, string> = {};
  for (const path of [...MODEL_FILES, METRICS]) {
    const bytes = await from.read(path);
    if (bytes) inputs[path] = await sha256Hex(bytes);
  }
  return {
    name,
    inputs,
    config: 'imported',
    async run(folder) {
      for (const path of Object.keys(inputs)) {
        const bytes = await from.read(path);
        if (!bytes) {
          const advice = 'leave the model folder alone while it is read';
          throw new PipelineError({ where: `${name} model`, expected: path, got: 'no such file', advice });
        }
        await folder.write(path, bytes);
      }
      return Object.keys(inputs);
    },
  };
}
