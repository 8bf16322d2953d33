import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { withRun } from './run-folder';
import { temporaryFolder, testContext } from './testing';

describe('withRun', () => {
  it('gives storage, backend and progress, keeps others out meanwhile, and puts everything away', async () => {
    const context = testContext();
    const out = path.join(temporaryFolder(), 'runs/a');
    const options = { out, backend: 'cpu', json: true, quiet: false } as const;
    const result = await withRun(options, context, async ({ storage, backend, progress }) => {
      expect(backend.name).toBe('cpu');
      await storage.write('x', Uint8Array.of(1));
      progress.listener({ type: 'checkpoint', stage: 'vqae', step: 3 });
      await expect(withRun(options, context, async () => {})).rejects.toThrow('no other run in this folder');
      return 7;
    });
    expect(result).toBe(7);
    expect(readdirSync(out)).toEqual(['x']);
    expect(context.stdout.text).toBe('{"type":"checkpoint","stage":"vqae","step":3}\n');
  });

  it('gives the folder back when the action fails', async () => {
    const out = temporaryFolder();
    const failing = withRun({ out, backend: 'cpu', json: false, quiet: false }, testContext(), async () => {
      throw new Error('halfway');
    });
    await expect(failing).rejects.toThrow('halfway');
    expect(readdirSync(out)).toEqual([]);
  });

  it('writes nothing when the backend cannot be had', async () => {
    const out = path.join(temporaryFolder(), 'new');
    const failing = withRun({ out, backend: 'node-gpu', json: false, quiet: false }, testContext(), async () => {});
    await expect(failing).rejects.toThrow('npm install @tensorflow/tfjs-node-gpu');
    expect(existsSync(out)).toBe(false);
  });
});
