import { writeNifti } from '@paired3d/nifti';
import { describe, expect, it } from 'vitest';
import { workingGridConfig } from '../data/datasets';
import type { RunConfigInput } from '../run/config';
import { parseRunConfig } from '../run/parse';
import { presets } from '../run/presets';
import { selectPairs } from './source';

const GRID = { size: [4, 4, 4], extent: [16, 16, 16] } as const;

/** A folder of pairs whose scans have one voxel of the value `fill(n)`. */
function folderOf(count: number, shape: readonly number[], fill: (n: number) => number = () => 0.75) {
  const files = new Map<string, Uint8Array>();
  for (let n = 1; n <= count; n++) {
    for (const image of [1, 2]) {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      data[5] = fill(n);
      files.set(`case_00${n}_${image}.nii`, writeNifti({ data, shape: [...shape], spacing: [4, 4, 4] }));
    }
  }
  return { list: async () => [...files.keys()], read: async (name: string) => files.get(name)! };
}

const dataset = { ...workingGridConfig(2, 'any'), pool: 2 };
const source: RunConfigInput['source'] = { kind: 'folder', dataset };
const config = parseRunConfig({ ...presets.tiny, source });
const all = { pairs: 9, seed: 1 };

describe('selectPairs', () => {
  it('takes scans on the working grid as they are, and prepares others as the real ones', async () => {
    const small = await selectPairs(folderOf(2, [4, 4, 4]), config, GRID, all);
    expect(small).toMatchObject({ of: 2, pairs: [{ id: '001' }, { id: '002' }] });
    expect(small.pairs[0]).toMatchObject({ size: [4, 4, 4], extent: [16, 16, 16] });
    expect(small.pairs[0].fixed[5]).toBeCloseTo(0.75, 6);
    const large = await selectPairs(folderOf(2, [8, 8, 8]), config, GRID, all);
    expect(large.pairs[1].size).toEqual([4, 4, 4]);
    // A mask of one voxel in eight.
    expect(Math.max(...large.pairs[1].fixed)).toBeCloseTo(1 / 8, 6);
  });

  it('draws some at random, the same ones for the same seed', async () => {
    const ids = async (seed: number) => {
      const { pairs, of } = await selectPairs(folderOf(8, [4, 4, 4]), config, GRID, { pairs: 3, seed });
      expect(of).toBe(8);
      return pairs.map(({ id }) => id);
    };
    const first = await ids(1);
    expect(first).toHaveLength(3);
    expect(await ids(1)).toEqual(first);
    expect([...first].sort()).toEqual(first);
    expect(
      new Set(await Promise.all([1, 2, 3, 4, 5].map(async (seed) => (await ids(seed)).join()))).size,
    ).toBeGreaterThan(1);
  });

  it('keeps a pair that is empty, as one', async () => {
    const { pairs } = await selectPairs(
      folderOf(2, [4, 4, 4], (n) => (n === 1 ? 0 : 1)),
      config,
      GRID,
      all,
    );
    expect(pairs.map(({ fixed }) => fixed.some((v) => v > 0))).toEqual([false, true]);
  });

  it('refuses another grid, no pairs, and what is no scan', async () => {
    const phantoms = parseRunConfig(presets.tiny);
    await expect(selectPairs(folderOf(1, [6, 6, 6]), phantoms, GRID, all)).rejects.toThrow(
      'synthetic pair 001: expected the working grid of the real pairs, 4 x 4 x 4, got 6 x 6 x 6; assess them',
    );
    await expect(selectPairs(folderOf(0, []), config, GRID, all)).rejects.toThrow('expected scans named like');
    const text = { list: async () => ['case_1_1.nii', 'case_1_2.nii'], read: async () => new Uint8Array(9) };
    await expect(selectPairs(text, config, GRID, all)).rejects.toThrow('case_1_1.nii: expected a readable NIfTI');
    const maps = parseRunConfig(presets['oasis-2d']);
    await expect(selectPairs(folderOf(1, [4, 4, 4]), maps, GRID, all)).rejects.toThrow(
      'assess: expected pairs of masks, got 24 labels; ',
    );
    await expect(
      selectPairs(folderOf(2, [4, 4, 4]), config, GRID, { ...all, signal: AbortSignal.abort() }),
    ).rejects.toThrow('synthetic pairs: expected to run to its end');
  });
});
