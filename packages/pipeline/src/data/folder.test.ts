import { writeNifti } from '@paired3d/nifti';
import { beforeAll, expect, test } from 'vitest';
import type { FolderConfigInput } from './config';
import { workingGridConfig } from './datasets';
import { DataError, DataReportError } from './errors';
import { folderSource } from './folder';
import type { ScanFiles } from './folder';
import { averagePool } from './frame';
import { writePhantomDataset } from './phantom/dataset';
import { phantomSource } from './phantom/source';

const phantom = { size: [12, 10, 12] as [number, number, number], cases: { train: 2, test: 1 }, landmarks: 20 };
const config = workingGridConfig(4, 'any');
const dataset = new Map<string, Uint8Array>();

beforeAll(() => writePhantomDataset(phantom, async (name, bytes) => void dataset.set(name, bytes)));

function folder(files: ReadonlyMap<string, Uint8Array>, prefix: string): ScanFiles {
  return {
    list: async () =>
      [...files.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length)),
    read: async (name) => files.get(prefix + name)!,
  };
}

function open(files: ReadonlyMap<string, Uint8Array> = dataset, input: FolderConfigInput = config) {
  return folderSource(input, {
    train: folder(files, 'train/'),
    test: folder(files, 'test/'),
    landmarks: folder(files, 'landmarks/'),
  });
}

function mask(shape: readonly number[], value = 1, spacing: [number, number, number] = [4, 4, 4]): Uint8Array {
  const data = new Uint8Array(shape.reduce((a, b) => a * b)).fill(value);
  return writeNifti({ data, shape, spacing });
}

test('phantoms written in the layout of the real data come back', async () => {
  const source = open();
  expect(await source.list('train')).toEqual(['001', '002']);
  expect(await source.list('test')).toEqual(['003']);
  const read = await source.load('test', '003');
  const made = await phantomSource(phantom).load('test', '003');
  expect(read.size).toEqual(made.size);
  expect(read.extent).toEqual(made.extent);
  expect(read.fixed).toEqual(made.fixed.map((value) => (value > 0.5 ? 1 : 0)));
  expect(read.moving).toEqual(made.moving.map((value) => (value > 0.5 ? 1 : 0)));
  for (const kind of ['exact', 'cropped'] as const) {
    const points = read.landmarks![kind]!;
    expect(points.count).toBe(20);
    points.moving.forEach((value, p) => expect(value).toBeCloseTo(made.landmarks![kind]!.moving[p], 4));
  }
});

test('training scans are kept at a finer grid too, of which the working grid is the average', async () => {
  const source = open(dataset, { ...config, pool: 2, oversample: 2 });
  const { fine, fixed, moving, size } = await source.load('train', '001');
  expect([fine!.size, size]).toEqual([
    [12, 10, 12],
    [6, 5, 6],
  ]);
  expect(averagePool(fine!.fixed, fine!.size, [2, 2, 2])).toEqual(fixed);
  expect(averagePool(fine!.moving, fine!.size, [2, 2, 2])).toEqual(moving);
  expect((await source.load('test', '003')).fine).toBeUndefined();
  expect((await open(dataset, { ...config, pool: 2 }).load('train', '001')).fine).toBeUndefined();
  expect((await open(dataset, { ...config, oversample: 2 }).load('train', '001')).fine).toBeUndefined();
});

test('verify reads all of it and finds nothing wrong', async () => {
  const report = await open().verify();
  expect(report).toEqual({
    source: 'working grid',
    ok: true,
    pairs: { train: ['001', '002'], test: ['003'] },
    problems: [],
    notes: [],
  });
});

test('verify reports every file that does not fit, in one go', async () => {
  const files = new Map(dataset);
  const size = [12, 10, 12];
  files.set('train/scan7.nii.gz', mask(size));
  files.set('train/notes.txt', new Uint8Array(3));
  files.set('train/.hidden.nii', new Uint8Array(3));
  files.set('train/case_001_1.nii', mask(size));
  files.set('train/case_010_1.nii', mask(size));
  files.set('train/case_011_1.nii', Uint8Array.of(1, 2, 3));
  files.set('train/case_011_2.nii', mask(size));
  files.set('train/case_012_1.nii', mask(size));
  files.set('train/case_012_2.nii', mask([12, 10, 14]));
  files.set('train/case_013_1.nii', mask(size));
  files.set('train/case_013_2.nii', mask(size, 0));
  files.set('train/case_014_1.nii', mask([12, 12, 12]));
  files.set('train/case_014_2.nii', mask([12, 12, 12]));
  files.set('landmarks/case_003_exact.csv', new TextEncoder().encode('a,b\n'));
  const report = await open(files).verify();
  expect(report.ok).toBe(false);
  expect(report.pairs).toEqual({ train: ['001', '002'], test: [] });
  expect(report.problems.map(({ folder, file, kind }) => `${folder} ${file} ${kind}`).sort()).toEqual([
    'landmarks case_003_exact.csv landmarks',
    'train case_001_1.nii.gz duplicate',
    'train case_010_1.nii partner',
    'train case_011_1.nii unreadable',
    'train case_012_2.nii shape',
    'train case_013_2.nii empty',
    'train case_014_1.nii shape',
    'train scan7.nii.gz name',
  ]);
  for (const { message } of report.problems) expect(message).toMatch(/: expected .+, got .+; .+/);
  expect(report.notes).toEqual(['[train] notes.txt: not a NIfTI file, passed over']);

  const listing = open(files).list('train');
  await expect(listing).rejects.toThrow(DataReportError);
  await expect(listing).rejects.toMatchObject({ report: { problems: { length: 3 } }, exitCode: 42 });
});

test('load explains what is wrong with the one pair', async () => {
  await expect(open().load('train', '999')).rejects.toMatchObject({ kind: 'unknown-case' });
  const files = new Map(dataset);
  files.set('train/case_001_2.nii.gz', mask([12, 10, 14]));
  await expect(open(files).load('train', '001')).rejects.toThrow(
    'case_001_2.nii.gz: expected the shape of case_001_1.nii.gz, 12 x 10 x 12, got 12 x 10 x 14; resample',
  );
});

test('an empty folder, and a test set without landmarks', async () => {
  await expect(open(new Map()).list('train')).rejects.toThrow('expected scans named like case_{case}_{image}.nii.gz');
  const files = new Map([...dataset].filter(([name]) => !name.startsWith('landmarks/')));
  const report = await open(files).verify();
  expect(report.ok).toBe(true);
  expect(report.notes).toEqual(['[test] case 003: no landmarks, so no error in mm']);
});

test('other names, through the pattern', async () => {
  const files = new Map([
    ['train/p1-insp.nii', mask([12, 10, 12])],
    ['train/p1-exp.nii', mask([12, 10, 12])],
  ]);
  const source = open(files, { ...config, pattern: '{case}-{image}', images: ['insp', 'exp'] });
  expect(await source.list('train')).toEqual(['p1']);
});

test('a partner on another spacing is refused when resampling, and passes when spacing is ignored', async () => {
  const files = new Map([
    ['train/case_1_1.nii', mask([8, 8, 8], 1, [2, 2, 2])],
    ['train/case_1_2.nii', mask([8, 8, 8], 1, [2, 2, 3])],
  ]);
  const settings = { frame: null, pool: 1, spacing: 1 };
  await expect(open(files, { ...settings, resample: true }).load('train', '1')).rejects.toThrow('spacing in mm');
  expect((await open(files, { ...settings, resample: false }).load('train', '1')).extent).toEqual([8, 8, 8]);
});

test('configs that do not fit name the setting', () => {
  expect(() => open(dataset, { pattern: 'case' })).toThrow('data config, pattern: expected');
  expect(() => open(dataset, { pool: 5 })).toThrow('divisible by pool');
  expect(() => open(dataset, { poool: 5 } as FolderConfigInput)).toThrow('data config');
  expect(new DataError({ kind: 'name', file: 'a', expected: 'b', got: 'c', advice: 'd' }).message).toBe(
    'a: expected b, got c; d',
  );
});
