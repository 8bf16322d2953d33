import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { paired3d, shrunken, workFolder } from './command';

const work = workFolder();
afterAll(work.remove);

/** Batches that three workers cannot divide evenly. */
const settings = shrunken({ 'vqae.batch': 2, 'diffusion.batch': 4, 'registration.batch': 2, 'vqae.steps': 12 });

/** Every file that a run made, but for those that hold times and the command. */
function filesOf(out: string): Record<string, string> {
  const names = readdirSync(out, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/(^|\.)timing\.json$|^summary\.json$|^index\.html$/.test(entry.name))
    .map((entry) => path.relative(out, path.join(entry.parentPath, entry.name)));
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(path.join(out, name), 'hex')]));
}

it('makes the same files with one worker and with several, byte for byte', async () => {
  const results: Record<string, string>[] = [];
  for (const workers of [1, 2, 3]) {
    const out = path.join(work.folder, `workers-${workers}`);
    const args = ['demo', ...settings, '--backend', 'wasm', '--workers', `${workers}`, '--out', out, '--quiet'];
    const { exitCode, stderr } = await paired3d(...args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const summary = JSON.parse(readFileSync(path.join(out, 'summary.json'), 'utf8')) as { workers: number };
    expect(summary.workers).toBe(workers);
    results.push(filesOf(out));
  }
  for (const model of ['vqae', 'diffusion', 'registration', 'registration-real']) {
    expect(Object.keys(results[0])).toContain(`${model}/model.safetensors`);
  }
  const [alone, ...others] = results;
  for (const files of others) expect(files).toEqual(alone);
});
