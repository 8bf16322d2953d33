import { describe, expect, it } from 'vitest';
import { completeStage, manifestHash, reopenStage, stageIsComplete, whyIncomplete } from './manifest';
import { MemoryStorage } from './memory-storage';

const identity = { stage: 'vqae', inputs: { 'case_001_1.nii.gz': 'ab' }, config: { steps: 3, rate: { start: 0.1 } } };
const text = (s: string) => new TextEncoder().encode(s);

async function completed() {
  const storage = new MemoryStorage();
  await storage.write('model.safetensors', text('weights'));
  await storage.write('log.json', text('{}'));
  await completeStage(storage, identity, ['model.safetensors']);
  return storage;
}

describe('a stage', () => {
  it('is complete when the same inputs and config meet unharmed outputs', async () => {
    const storage = await completed();
    const reordered = { config: { rate: { start: 0.1 }, steps: 3 }, inputs: identity.inputs, stage: 'vqae' };
    expect(await stageIsComplete(storage, reordered)).toBe(true);
    await storage.write('log.json', text('not vouched for'));
    expect(await stageIsComplete(storage, identity)).toBe(true);
  });

  it('is not complete before it was declared so, and not after it was reopened', async () => {
    expect(await whyIncomplete(new MemoryStorage(), identity)).toBe('it has not been completed yet');
    const storage = await completed();
    await reopenStage(storage);
    expect(await stageIsComplete(storage, identity)).toBe(false);
  });

  it.each([
    ['another stage', { ...identity, stage: 'diffusion' }, 'its folder holds the stage vqae'],
    ['another config', { ...identity, config: { steps: 3, rate: { start: 0.2 } } }, 'config.rate.start has changed'],
    ['another input', { ...identity, inputs: { 'case_001_1.nii.gz': 'cd' } }, 'input.case_001_1.nii.gz has changed'],
    ['more inputs', { ...identity, inputs: { ...identity.inputs, b: 'x' } }, 'input.b has changed'],
    ['no config', { ...identity, config: undefined }, 'config has changed'],
  ])('must run again with %s', async (_name, other, reason) => {
    expect(await whyIncomplete(await completed(), other)).toBe(reason);
  });

  it('must run again when an output or the manifest is harmed', async () => {
    const storage = await completed();
    await storage.write('model.safetensors', text('weightz'));
    expect(await whyIncomplete(storage, identity)).toBe('its output model.safetensors is damaged');
    await storage.remove('model.safetensors');
    expect(await whyIncomplete(storage, identity)).toBe('its output model.safetensors is missing');
    for (const broken of ['', '{', 'null', '[]', '{"inputs":{}}']) {
      await storage.write('manifest.json', text(broken));
      expect(await whyIncomplete(storage, identity)).toBe('its manifest.json is damaged');
    }
  });

  it('must run again when the meaning of its outputs changed', async () => {
    const storage = await completed();
    const manifest = JSON.parse(new TextDecoder().decode(await storage.read('manifest.json')));
    await storage.write('manifest.json', text(JSON.stringify({ ...manifest, version: 0 })));
    expect(await whyIncomplete(storage, identity)).toBe('it was made in format 0, not 1');
  });

  it('cannot be completed without its outputs', async () => {
    await expect(completeStage(new MemoryStorage(), identity, ['x'])).rejects.toThrow(
      'vqae: expected the output x, got no such file',
    );
  });

  it('has a manifest hash that depends on its content only', async () => {
    const [a, b] = [await completed(), await completed()];
    expect(await manifestHash(a)).toBe(await manifestHash(b));
    expect(await manifestHash(new MemoryStorage())).toBeUndefined();
  });
});
