import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { selectBackend } from './backend';
import { temporaryFolder } from './testing';
import { ownGrid, paired3d } from './testing/run';
import { writeDataset } from './testing/scans';

beforeAll(async () => void (await selectBackend('wasm')));

it('evaluates the optimisation alone: no training pairs, no network', async () => {
  const folder = temporaryFolder();
  writeDataset(folder);
  const out = path.join(folder, 'out');
  const data = ['--test', path.join(folder, 'test'), '--landmarks', path.join(folder, 'landmarks')];
  const how = ['--method', 'optimise', '--optimise-preset', 'fast', '--preset', 'small', ...ownGrid];
  const { exitCode, stdout, stderr } = await paired3d('evaluate', ...how, ...data, '--out', out);
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toMatch(/before registration +\d/);
  expect(stdout).toMatch(/optimised for each pair, no network( +\d+\.\d+){3,}\n/);
  expect(stdout).toMatch(/percentiles, mm +25 % +50 % +75 % +95 % +inverse, mm\n/);
  expect(stdout).toMatch(/mm, by case +003\n/);
  const table = readFileSync(path.join(out, 'evaluation.csv'), 'utf8').trim().split('\n');
  expect(table.map((row) => row.split(',').slice(0, 2).join())).toEqual([
    'method,case',
    'before,003',
    'before,all',
    'optimise,003',
    'optimise,all',
  ]);
  const errors = readFileSync(path.join(out, 'landmark-errors.csv'), 'utf8').trim().split('\n');
  expect(errors[0]).toBe('case,row,before,optimise');
  // The landmarks of the file, row by row: (8, 8, 4) and (8, 8, 3) and so on are a voxel apart.
  expect(errors.slice(1).map((row) => row.split(',').slice(0, 3).join())).toEqual(['003,1,1', '003,2,1', '003,3,1']);
  const { tre, dice } = JSON.parse(readFileSync(path.join(out, 'evaluation.json'), 'utf8'));
  expect(Object.keys(tre)).toEqual(['before', 'optimise']);
  expect(dice.optimise.mean).toBeGreaterThan(dice.before.mean);
});
