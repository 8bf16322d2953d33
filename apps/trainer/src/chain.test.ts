import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { readNifti } from '@paired3d/nifti';
import type { Summary } from '@paired3d/pipeline';
import { describe, expect, it } from 'vitest';
import { createProgram, runProgram } from './program';
import { temporaryFolder, testContext } from './testing';
import { paired3d, sets, shortest } from './testing/run';

const read = (...parts: string[]) => readFileSync(path.join(...parts), 'utf8');

describe('the commands that run stages', () => {
  it('say before the first stage that memory will not do, and what fits', async () => {
    const out = path.join(temporaryFolder(), 'demo');
    const large = ['--set', 'source.size=[256,256,256]', '--backend', 'wasm', '--out', out];
    const { exitCode, stdout, stderr } = await paired3d('demo', ...large);
    expect({ exitCode, stdout }).toEqual({ exitCode: 42, stdout: '' });
    expect(stderr).toMatch(/^paired3d: \w+: expected at most 4.3 GB .*; use --preset small \(0.\d GB\), .*backend\n$/);
    expect(readdirSync(out)).toEqual([]);
  });

  it('run the chain, go on where it stopped, and take models from elsewhere', async () => {
    const folder = temporaryFolder();
    const out = path.join(folder, 'demo');
    const tiny = [...shortest, '--backend', 'wasm'];
    const first = await paired3d('demo', ...tiny, '--out', out);
    expect(first.exitCode, first.stderr).toBe(0);
    expect(first.stdout).toMatch(/before registration +\d+\.\d\d +\d\.\d{3}/);
    expect(first.stdout).toMatch(/constant mean displacement +\d+\.\d\d\n/);
    expect(first.stdout.endsWith(`\nreport: ${path.join(out, 'report/index.html')}\n`)).toBe(true);
    expect(read(out, 'report/index.html')).toContain('paired3d demo --set');
    expect(JSON.parse(read(out, 'config.json'))).toMatchObject({ source: { size: [16, 16, 16] }, seed: 1 });
    const summary = JSON.parse(read(out, 'summary.json')) as Summary;
    expect(summary).toMatchObject({ backend: 'wasm', seed: 1, versions: { node: process.versions.node } });
    expect(Object.keys(summary.registration.treExact!)).toEqual(['before', 'networkReal', 'network', 'tta']);

    const again = await paired3d('demo', ...tiny, '--out', out, '--json');
    const lines = again.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.filter(({ type }) => type === 'step')).toEqual([]);
    expect(lines.at(-1)).toEqual({ type: 'summary', ...summary });

    // The configuration of an earlier run in the folder holds without being repeated.
    const tokenize = await paired3d('tokenize', '--out', out, '--quiet');
    expect(tokenize).toEqual({ exitCode: 0, stdout: `tokens: ${path.join(out, 'tokens')}\n`, stderr: '' });

    // Asked to stop when the last stage has ended, it says that.
    const late = testContext('tokenize', '--out', out, '--json');
    const write = late.stdout.write.bind(late.stdout);
    late.stdout.write = (text: string) => {
      if (text.includes('"stage-end","stage":"tokens"')) late.controller.abort();
      return write(text);
    };
    expect(await runProgram(createProgram(late), late, () => undefined)).toBe(75);
    expect(late.stderr.text).toContain('after tokens: expected to run to its end, got a request to stop');

    const models = ['vqae', 'diffusion', 'registration'].flatMap((name) => [`--${name}`, path.join(out, name)]);
    const made = path.join(folder, 'made');
    const options = ['--masks', '--pairs', '1', '--quiet', '--out', made];
    const synthesize = await paired3d('synthesize', '--preset', 'tiny', ...tiny, ...models, ...options);
    expect(synthesize.exitCode, synthesize.stderr).toBe(0);
    expect(readdirSync(made).sort()).toEqual(['config.json', 'diffusion', 'synthetic', 'synthetic-masks', 'vqae']);
    const files = ['case_0001_1.nii.gz', 'case_0001_2.nii.gz'];
    expect(readdirSync(path.join(made, 'synthetic-masks'))).toEqual(files);
    const mask = await readNifti(readFileSync(path.join(made, 'synthetic-masks', files[0])));
    expect(mask).toMatchObject({ shape: [16, 16, 16], spacing: [12, 12, 12], data: expect.any(Uint8Array) });

    const varied = ['--vary', '0.5', '--passes', '3', '--order', 'halton'];
    const vary = await paired3d('synthesize', '--preset', 'tiny', ...tiny, ...models, ...options, ...varied);
    expect(vary.exitCode, vary.stderr).toBe(0);
    expect(JSON.parse(read(made, 'config.json'))).toMatchObject({
      synthesize: { pairs: 1, steps: 3, order: 'halton', given: { fixed: 0.5, moving: 0.5 } },
    });

    const scored = await paired3d('evaluate', ...tiny, ...models, '--quiet', '--out', path.join(folder, 'scored'));
    expect(scored.exitCode, scored.stderr).toBe(0);
    expect(scored.stdout).not.toContain('real pairs');
    const real = await paired3d('train', 'registration', '--on', 'real', ...tiny, '--quiet', '--out', made);
    expect(real.stdout).toBe(`registration model: ${path.join(made, 'registration-real')}\n`);
    expect(existsSync(path.join(made, 'registration-real/model.safetensors'))).toBe(true);

    const itself = await paired3d('train', 'diffusion', ...tiny, '--vqae', path.join(out, 'vqae'), '--out', out);
    expect(itself).toMatchObject({ exitCode: 42, stderr: expect.stringContaining('leave --vqae out') });
  });

  it('prints a configuration that can be given back', async () => {
    const { stdout } = await paired3d(
      'config',
      '--preset',
      'tiny',
      '--seed',
      '5',
      ...sets({ spatialDims: 2, 'source.size': [48, 40, 48] }),
    );
    expect(JSON.parse(stdout)).toMatchObject({ spatialDims: 2, seed: 5, source: { size: [1, 48, 48] } });
    const folder = await paired3d('config', '--preset', 'tiny', '--train', 'x');
    expect(JSON.parse(folder.stdout)).toMatchObject({ source: { kind: 'folder', dataset: { name: 'lung250m' } } });
  });
});
