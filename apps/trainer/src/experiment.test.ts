import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Experiment } from '@paired3d/pipeline';
import { beforeAll, describe, expect, it } from 'vitest';
import { selectBackend } from './backend';
import { createProgram, runProgram } from './program';
import { temporaryFolder, testContext } from './testing';
import { paired3d, sets, shortest } from './testing/run';
import { writeDataset } from './testing/scans';

beforeAll(async () => void (await selectBackend('wasm')));

/** Scans of 16 voxels each way, whose networks see 8; a step or two of everything. */
const settings = (folder: string) => [
  ...['--preset', 'tiny', '--backend', 'wasm', '--quiet'],
  ...sets({
    'source.dataset.frame': null,
    'source.dataset.pool': 2,
    validation: 1,
    'registration.steps': 4,
    'registration.tta.iterations': 2,
    'evaluation.refine': 'fast',
  }),
  ...['train', 'test', 'landmarks'].flatMap((name) => [`--${name}`, path.join(folder, name)]),
];

const tableIn = (out: string) => JSON.parse(readFileSync(path.join(out, 'table.json'), 'utf8')) as Experiment;

describe('paired3d experiment table', () => {
  it('has rows for each network, goes on where it was stopped, and tells what makes a row again', async () => {
    const folder = temporaryFolder();
    writeDataset(folder);
    const out = path.join(folder, 'out');
    const only = ['--only', 'real-augmented', 'real-augmented-doubled'];
    const command = ['experiment', 'table', ...settings(folder), ...only, '--out', out];

    // Stopped before the last network: what was done is in the table, and stays.
    const context = testContext(...command.filter((arg) => arg !== '--quiet'));
    const write = context.stderr.write.bind(context.stderr);
    context.stderr.write = (text: string) => {
      if (text.startsWith('paired3d train') && text.includes('doubled')) context.controller.abort();
      return write(text);
    };
    expect(await runProgram(createProgram(context), context, () => 'SIGTERM'), context.stderr.text).toBe(143);
    expect(tableIn(out).rows).toHaveLength(8);
    const manifest = () => readFileSync(path.join(out, 'real-augmented/registration-real/manifest.json'), 'utf8');
    const kept = manifest();

    const finished = await paired3d(...command);
    expect(finished).toEqual({ exitCode: 0, stdout: `table: ${path.join(out, 'table.md')}\n`, stderr: '' });
    expect(manifest()).toBe(kept);
    const { rows, runs } = tableIn(out);
    const trained = ['real pairs, augmented', 'real pairs, augmented, gone on with at twice the resolution'];
    expect(rows.map(({ title }) => title)).toEqual([
      'before registration',
      ...['optimise, fast', 'optimise, accurate'],
      ...trained.flatMap((title) => [title, `${title}, + TTA`, `${title}, + optimise`]),
      ...['published: 97 real pairs', 'published: 97 real pairs, + TTA'],
    ]);
    const [before, , accurate, network] = rows;
    expect(before).toMatchObject({ published: 14.29, cropped: { cases: { '003': expect.any(Number) } } });
    expect(accurate.dice!.mean).toBeGreaterThan(before.dice!.mean);
    expect(network.validation).toEqual({ dice: expect.any(Number), fromOptimised: expect.any(Number) });
    expect(network.seconds).toBeGreaterThan(0);
    expect(runs.map(({ steps }) => steps)).toEqual([undefined, undefined, 4, 1]);
    expect(readFileSync(path.join(out, 'table.md'), 'utf8')).toContain('| real pairs, augmented, + TTA | ');
    expect(readFileSync(path.join(out, 'table.html'), 'utf8')).toContain('<caption>');

    const again = path.join(folder, 'again');
    const words = runs.at(-1)!.commands[0].replaceAll("'", '').split(' ');
    expect(await paired3d(...words.slice(1, -1), again)).toMatchObject({ exitCode: 0 });
    const model = (of: string) => readFileSync(path.join(of, 'registration-real/model.safetensors'));
    expect(model(again)).toEqual(model(path.join(out, 'real-augmented-doubled')));
  }, 240_000);

  it('divides the minutes by the speed it measures, and keeps the plan', async () => {
    const out = path.join(temporaryFolder(), 'out');
    const command = ['experiment', 'table', '--preset', 'tiny', ...shortest, '--backend', 'wasm', '--quiet'];
    const minutes = (number: string) => [...command, '--minutes', number, '--only', 'real', '--out', out];
    const context = testContext(...minutes('1').filter((arg) => arg !== '--quiet'));
    context.stderr.write = (text: string) => {
      if (text.startsWith('paired3d')) context.controller.abort();
      return true;
    };
    expect(await runProgram(createProgram(context), context, () => 'SIGINT')).toBe(130);
    const plan = JSON.parse(readFileSync(path.join(out, 'plan.json'), 'utf8')) as { steps: { real: number } };
    expect(plan).toMatchObject({ minutes: 1, steps: { real: expect.any(Number) } });
    expect(plan.steps.real).toBeGreaterThan(20);
    expect(existsSync(path.join(out, 'speed-working/registration-real/history.json'))).toBe(true);
    const other = await paired3d(...minutes('2'));
    expect(other).toMatchObject({
      exitCode: 42,
      stderr: expect.stringMatching(/plan.json: expected a plan of 2 min.* for real, got/),
    });
    const unknown = await paired3d(...command, '--only', 'reel', '--out', out);
    expect(unknown.stderr).toBe(
      'paired3d: --only: expected real, real-augmented, random-diffeomorphisms, synthetic, got reel; name some of them\n',
    );
  }, 240_000);
});
