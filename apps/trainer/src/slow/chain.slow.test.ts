import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Summary } from '@paired3d/pipeline';
import { afterAll, describe, expect, it } from 'vitest';
import { paired3d, shrunken, workFolder } from './command';

const work = workFolder();
afterAll(work.remove);

const METHODS = ['before', 'networkReal', 'network', 'tta'] as const;

function readSummary(out: string): Summary {
  return JSON.parse(readFileSync(path.join(out, 'summary.json'), 'utf8')) as Summary;
}

/** Every field that the summary promises, with a finite number for each of the cases. */
function expectWhole(summary: Summary, cases: number): void {
  const { vqae, diffusion, registration, timings, versions } = summary;
  const numbers = [vqae.dice, vqae.codesUsed, diffusion.bitsPerToken, summary.seed, ...Object.values(timings)];
  for (const tables of [registration.tre!, registration.treExact!]) {
    for (const method of METHODS) {
      const { mean, cases: perCase } = tables[method]!;
      expect(Object.keys(perCase)).toHaveLength(cases);
      numbers.push(mean, ...Object.values(perCase));
    }
  }
  expect(numbers.filter((value) => typeof value !== 'number' || !Number.isFinite(value))).toEqual([]);
  expect(summary.backend).toBe('wasm');
  expect(versions).toMatchObject({ paired3d: expect.any(String), node: process.versions.node, tfjs: '4.22.0' });
}

describe('the chain, shortened', () => {
  it('runs in 2D', async () => {
    const out = path.join(work.folder, 'flat');
    const settings = shrunken({ spatialDims: 2, 'source.size': [48, 40, 48], 'vqae.crop': 24 });
    const { exitCode, stdout, stderr } = await paired3d('demo', ...settings, '--backend', 'wasm', '--out', out);
    expect(exitCode, stderr).toBe(0);
    expectWhole(readSummary(out), 2);
    expect(readSummary(out).registration.constantMeanDisplacement!.mean).toBeGreaterThan(0);
    expect(stdout).toContain(`report: ${path.join(out, 'report/index.html')}\n`);
    const page = readFileSync(path.join(out, 'report/index.html'), 'utf8');
    expect(page).toContain('paired3d demo');
  });

  const data = process.env.PAIRED3D_DATA;
  const reason = 'set PAIRED3D_DATA to a folder with train, test and landmarks';
  it.skipIf(data === undefined)(`runs on real scans${data === undefined ? ` (skipped: ${reason})` : ''}`, async () => {
    const out = path.join(work.folder, 'real');
    const folders = ['train', 'test', 'landmarks'].flatMap((name) => [`--${name}`, path.join(data!, name)]);
    const settings = {
      'vqae.steps': 30,
      'tokenize.variants': 2,
      'diffusion.steps': 10,
      'synthesize.pairs': 4,
      'synthesize.steps': 8,
      'registration.steps': 6,
      'registration.tta.iterations': 3,
    };
    const set = Object.entries(settings).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
    const run = ['run', '--preset', 'small', ...folders, ...set, '--backend', 'wasm', '--out', out, '--json'];
    const { exitCode, stdout, stderr } = await paired3d(...run);
    expect(exitCode, stderr).toBe(0);
    const summary = readSummary(out);
    expectWhole(summary, Object.keys(summary.registration.tre!.before!.cases).length);
    expect(summary.registration.tre!.before!.mean).toBeGreaterThan(1);
    expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toEqual({ type: 'summary', ...summary });
    expect(existsSync(path.join(out, 'report/index.html'))).toBe(true);
  });
});
