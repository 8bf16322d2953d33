import { SafetensorsError, type HostTensor } from '@paired3d/nn';
import { describe, expect, it } from 'vitest';
import { PipelineError } from '../errors';
import { MemoryStorage } from '../storage/memory-storage';
import { testContext } from '../testing';
import { importStage } from './importModel';
import { MODEL_FILES, readModel, writeModel } from './modelFolder';
import { runStage, writeJson } from './stage';

const tensors = new Map<string, HostTensor>([['w', { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) }]]);
const model = { kind: 'vqae', config: { codes: 4 }, tensors };

async function folder() {
  const storage = new MemoryStorage();
  await writeModel(storage, model, '# card');
  return storage;
}

describe('model folder', () => {
  it('gives back what was written', async () => {
    const storage = await folder();
    expect(await readModel(storage, 'vqae')).toEqual(model);
    expect(await storage.list('')).toEqual([...MODEL_FILES].sort());
    expect(new TextDecoder().decode(await storage.read('README.md'))).toBe('# card');
  });

  it.each<[string, (storage: MemoryStorage) => Promise<void>, string]>([
    ['without a configuration', (s) => s.remove('config.json'), 'got no readable config.json'],
    ['without weights', (s) => s.remove('model.safetensors'), 'got no model.safetensors'],
    ['of another kind', (s) => writeJson(s, 'config.json', { model: 'diffusion', config: {} }), "got kind 'diffusion'"],
    ['with a damaged configuration', (s) => s.write('config.json', new Uint8Array(3)), 'got no readable config.json'],
    ['with another JSON value', (s) => writeJson(s, 'config.json', [1]), 'got no readable config.json'],
  ])('%s is refused', async (_, damage, message) => {
    const storage = await folder();
    await damage(storage);
    await expect(readModel(storage, 'vqae')).rejects.toThrow(PipelineError);
    await expect(readModel(storage, 'vqae')).rejects.toThrow(message);
  });

  it('with damaged weights is refused', async () => {
    const storage = await folder();
    await storage.write('model.safetensors', (await storage.read('model.safetensors'))!.subarray(0, -1));
    await expect(readModel(storage, 'vqae')).rejects.toThrow(SafetensorsError);
  });

  it('from elsewhere becomes a stage’s result, and does so again when it changes', async () => {
    const storage = new MemoryStorage();
    const from = await folder();
    await writeJson(from, 'metrics.json', { dice: 0.5 });
    const take = async () => runStage(testContext({ storage }), await importStage('vqae', from));
    expect((await take()).skipped).toBe(false);
    expect(await readModel(storage.within('vqae'), 'vqae')).toEqual(model);
    expect(await storage.read('vqae/metrics.json')).toEqual(await from.read('metrics.json'));
    expect((await take()).skipped).toBe(true);
    await writeModel(from, { ...model, config: { codes: 5 } }, '# card');
    expect((await take()).skipped).toBe(false);
    await expect(importStage('diffusion', from)).rejects.toThrow(PipelineError);
  });
});
