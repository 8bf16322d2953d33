import { writeNifti } from '@paired3d/nifti';
import { describe, expect, it } from 'vitest';
import type { SubjectsConfigInput } from './config';
import { subjectsSource } from './subjects';

const LABELS = 2;
const config: SubjectsConfigInput = { labels: LABELS, size: [1, 6, 8], pairs: { train: 2, test: 1 } };
const fileOf = (subject: number) => `OASIS_OAS1_${String(subject).padStart(4, '0')}_MR1/slice_seg24.nii.gz`;

/** A label map of 6 x 8 voxels: label 1 in the first `subject` columns, label 2 in the last one. */
function slice(subject: number, shape: readonly number[] = [6, 8]): Uint8Array {
  const data = Uint8Array.from({ length: 48 }, (_, v) => (v % 8 < subject ? 1 : v % 8 === 7 ? 2 : 0));
  return writeNifti({ data, shape, spacing: shape.length === 2 ? [1, 1, 1] : [1, 1, 1] }, { gzip: true });
}

function open(files: Record<string, Uint8Array>, changes: SubjectsConfigInput = {}) {
  const named = { list: async () => Object.keys(files), read: async (name: string) => files[name] };
  return subjectsSource({ ...config, ...changes }, named);
}

const folder = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [fileOf(n + 1), slice(n + 1)]));

describe('subjectsSource', () => {
  it('makes pairs of neighbours, and no subject is in both splits', async () => {
    const others = { 'subjects.txt': new Uint8Array(), 'OASIS_OAS1_0001_MR1/slice_norm.nii.gz': new Uint8Array() };
    const source = open({ ...folder(6), ...others });
    expect(await source.list('train')).toEqual(['0001-0002', '0002-0003']);
    expect(await source.list('test')).toEqual(['0005-0006']);
  });

  it('gives slices as one voxel deep, with a channel for each label', async () => {
    const pair = await open(folder(5)).load('train', '0001-0002');
    expect(pair).toMatchObject({ id: '0001-0002', size: [1, 6, 8], extent: [1, 6, 8], labels: LABELS });
    expect(pair.fixed).toHaveLength(48 * LABELS);
    const row = Array.from({ length: 8 }, (_, k) => [...pair.moving.subarray(k * LABELS, (k + 1) * LABELS)]);
    expect(row).toEqual([
      [1, 0],
      [1, 0],
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 1],
    ]);
  });

  it('reads slices with a third axis of one voxel, and pools in the plane', async () => {
    const files = Object.fromEntries([1, 2, 3, 4, 5].map((n) => [fileOf(n), slice(n, [6, 8, 1])]));
    const pair = await open(files, { pool: 2 }).load('train', '0001-0002');
    expect(pair).toMatchObject({ size: [1, 3, 4], extent: [1, 6, 8] });
    expect([...pair.fixed.subarray(0, 8)]).toEqual([0.5, 0, 0, 0, 0, 0, 0, 0.5]);
  });

  it('refuses what does not fit, with words', async () => {
    await expect(open(folder(4)).list('train')).rejects.toThrow(
      'folder of subjects: expected 5 subjects like OASIS_OAS1_{subject}_MR1/slice_seg24.nii.gz, for 2 and 1 pairs, got 4; check',
    );
    const other = writeNifti({ data: new Uint8Array(48).fill(3), shape: [6, 8], spacing: [1, 1, 1] });
    await expect(open({ ...folder(5), [fileOf(2)]: other }).load('train', '0001-0002')).rejects.toThrow(
      `${fileOf(2)}: expected labels from 0 to 2, got 3; check the file and the setting \`labels\``,
    );
    const large = writeNifti({ data: new Uint8Array(54).fill(1), shape: [6, 9], spacing: [1, 1, 1] });
    await expect(open({ ...folder(5), [fileOf(1)]: large }).load('train', '0001-0002')).rejects.toThrow(
      `${fileOf(1)}: expected 6 x 8, got 6 x 9`,
    );
    await expect(open(folder(5)).load('train', '0009-0010')).rejects.toThrow('expected one of 0001-0002 to 0002-0003');
    expect(() => open({}, { pattern: 'slice' })).toThrow('a pattern with {subject} once');
  });
});
