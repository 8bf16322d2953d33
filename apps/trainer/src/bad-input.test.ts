import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './testing';
import { ownGrid, paired3d } from './testing/run';
import { writeBall, writeDataset } from './testing/scans';

/** What was done to the data set, and what must be said about it. */
const damages: [what: string, damage: (folder: string) => void, line: RegExp][] = [
  [
    'a wrong path',
    (f) => rmSync(path.join(f, 'train'), { recursive: true }),
    /train: expected a folder of scans, got no such/,
  ],
  [
    'a wrong path of the test pairs',
    (f) => rmSync(path.join(f, 'test'), { recursive: true }),
    /test: expected a folder of scans, got no such file/,
  ],
  [
    'an empty folder',
    (f) => remove(f, 'test/case_003_1.nii.gz', 'test/case_003_2.nii.gz'),
    /test folder: expected scans named/,
  ],
  [
    'an odd name',
    (f) => renameSync(path.join(f, 'train/case_001_1.nii.gz'), path.join(f, 'train/patient1.nii.gz')),
    /patient1\.nii\.gz: expected a name like case_001_1 and case_001_2/,
  ],
  [
    'one half of a pair missing',
    (f) => remove(f, 'train/case_002_2.nii.gz'),
    /case_002_1.nii.gz: expected its partner case_002_2/,
  ],
  [
    'shapes that differ',
    (f) => writeBall(path.join(f, 'test/case_003_2.nii.gz'), [16, 16, 12]),
    /case_003_2.nii.gz: expected the shape of case_003_1.nii.gz, 16 x 16 x 16, got 16 x 16 x 12/,
  ],
  [
    'an empty mask',
    (f) => writeBall(path.join(f, 'train/case_001_2.nii.gz'), [16, 16, 16], 0),
    /case_001_2.nii.gz: expected foreground/,
  ],
  [
    'no NIfTI',
    (f) => writeFileSync(path.join(f, 'train/case_001_2.nii.gz'), 'a text'),
    /case_001_2.nii.gz: expected a readable NIfTI/,
  ],
  [
    'the landmarks of others',
    (f) => remove(f, 'landmarks/case_003_exact.csv', 'landmarks/case_003_cropped.csv'),
    /landmarks: expected landmarks of a test pair, such as case_003_cropped.csv/,
  ],
  [
    'damaged landmarks',
    (f) => writeFileSync(path.join(f, 'landmarks/case_003_exact.csv'), '1,2,3\n'),
    /case_003_exact.csv:1: expected /,
  ],
];

function remove(folder: string, ...files: string[]): void {
  for (const file of files) rmSync(path.join(folder, file));
}

function foldersOf(data: string): string[] {
  return ['train', 'test', 'landmarks'].flatMap((name) => [`--${name}`, path.join(data, name)]);
}

describe('bad input from a person', () => {
  it.each(damages)('%s gives one line, and nothing is written', async (_what, damage, line) => {
    const data = temporaryFolder();
    writeDataset(data);
    damage(data);
    const out = path.join(data, 'out');
    const { exitCode, stdout, stderr } = await paired3d('run', ...foldersOf(data), ...ownGrid, '--out', out);
    expect({ exitCode, stdout }).toEqual({ exitCode: 42, stdout: '' });
    expect(stderr).toMatch(line);
    expect(stderr).toMatch(/^paired3d: [^\n]+; [^\n]+\n$/);
    expect(existsSync(out)).toBe(false);
  });

  it.each<[string[], number, RegExp]>([
    [
      ['run', '--preset', 'smal'],
      2,
      /'smal' is invalid\. Allowed choices are tiny, small, paper, oasis-2d; see --help/,
    ],
    [['run', '--presett', 'small'], 2, /unknown option '--presett' \(Did you mean --preset\?\)/],
    [['run', '--preset', 'small'], 42, /--train: expected the folder of the training pairs, got none/],
    [['run', '--preset', 'tiny', '--test', '.'], 42, /--test: expected --train beside it/],
    [['run', '--set', 'vqae.stepz=3'], 42, /configuration, vqae: expected known settings, got stepz/],
    [['run', '--set', 'vqae.steps=many'], 42, /configuration, vqae.steps: expected number, got string/],
    [['run', '--set', 'vqae.steps.x=1'], 42, /--set vqae.steps.x: expected vqae.steps to have settings in it/],
    [['run', '--set', 'vqae.steps'], 42, /--set: expected path=value/],
    [['run', '--config', 'no-such.json'], 42, /no-such.json: expected a file of settings/],
    [['run', '--vqae', '.'], 42, /--vqae \.: expected a folder with config.json and model.safetensors/],
    [['evaluate', '--registration', 'no/such'], 42, /no\/such: expected a folder, got no such file/],
    [
      ['train', 'vqea'],
      2,
      /'vqea' is invalid for argument 'model'\. Allowed choices are vqae, diffusion, registration/,
    ],
    [['synthesize', '--pairs', '0'], 2, /Expected 1 or more/],
    [['synthesize', '--vary', '1.5'], 2, /Expected a number from 0 to 1/],
    [['synthesize', '--vary', '0.5', '--given', 'fixed'], 2, /cannot be used with option '--vary/],
    [['synthesize', '--order', 'best'], 2, /Allowed choices are random, confidence, halton/],
  ])('%j exits with %i and one line', async (args, code, line) => {
    const out = path.join(temporaryFolder(), 'out');
    const { exitCode, stdout, stderr } = await paired3d(...args, '--out', out);
    expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: '' });
    expect(stderr).toMatch(line);
    expect(stderr).toMatch(/^paired3d: [^\n]+\n$/);
    expect(existsSync(out)).toBe(false);
  });

  it('asks for the output folder', async () => {
    expect(await paired3d('run')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("'--out <folder>'") });
  });
});

describe('paired3d verify-data', () => {
  it('passes whole data', async () => {
    const data = temporaryFolder();
    writeDataset(data);
    const { exitCode, stdout } = await paired3d('verify-data', ...foldersOf(data), ...ownGrid);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'train: 2 usable pairs\ntest: 1 usable pair\n' });
  });

  it('lists everything that is wrong, with exit code 42', async () => {
    const data = temporaryFolder();
    writeDataset(data);
    writeFileSync(path.join(data, 'train/x.nii'), '');
    writeBall(path.join(data, 'test/case_003_1.nii.gz'), [16, 16, 16], 0);
    const { exitCode, stdout, stderr } = await paired3d('verify-data', ...foldersOf(data), ...ownGrid);
    expect(exitCode).toBe(42);
    expect(stdout).toMatch(/problem: \[train\] x\.nii: expected a name like/);
    expect(stdout).toMatch(/problem: \[test\] case_003_1\.nii\.gz: expected foreground/);
    expect(stderr).toBe(
      'paired3d: data set lung250m: expected files that all fit, got 2 that do not; see the list above\n',
    );
    const { stdout: json } = await paired3d('verify-data', ...foldersOf(data), ...ownGrid, '--json');
    expect(JSON.parse(json.split('\n')[0])).toMatchObject({ type: 'report', ok: false, problems: [{}, {}] });
  });
});
