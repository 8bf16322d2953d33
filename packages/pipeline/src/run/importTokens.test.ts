import type { HostTensor } from '@paired3d/nn';
import { describe, expect, it } from 'vitest';
import { PipelineError } from '../errors';
import { readTokens } from '../stages/tokenize';
import { MemoryStorage } from '../storage/memory-storage';
import { importTokens } from './importTokens';

const grid = [1, 1, 2, 2];
const item = (...codes: number[]): HostTensor => ({
  dtype: 'I64',
  shape: [4],
  data: BigInt64Array.from(codes, BigInt),
});
const list = (...items: HostTensor[]) => new Map(items.map((tensor, i) => [String(i), tensor]));

describe('importTokens', () => {
  it('writes grids as the stage tokens does, every n-th for validation', async () => {
    const storage = new MemoryStorage();
    const items = [0, 1, 2, 3, 4].map((n) => item(n, 5, 6, 7));
    const counts = await importTokens(storage, list(...items), { grid, codes: 8, holdOut: 3 });
    expect(counts).toEqual({ train: 3, validation: 2 });
    const train = await readTokens(storage, 'train');
    expect(train.grid).toEqual(grid);
    expect(train.items.map(([first]) => first)).toEqual([1, 2, 4]);
    const { items: held } = await readTokens(storage, 'validation');
    expect(held.map((tokens) => [...tokens])).toEqual([
      [0, 5, 6, 7],
      [3, 5, 6, 7],
    ]);
  });

  it.each<[string, HostTensor, string]>([
    ['of another size', { ...item(1, 2, 3), shape: [3] }, 'expected 4 integers, the grid 1 x 1 x 2 x 2, got I64 [3]'],
    ['of another type', { dtype: 'F32', shape: [4], data: new Float32Array(4) }, 'got F32 [4]'],
    ['with a code that is none', item(1, 2, 3, 8), 'expected codes below 8, got 8'],
    ['with a negative code', item(1, 2, 3, -1), 'expected codes below 8, got -1'],
  ])('refuses a tensor %s, and writes nothing', async (_, wrong, message) => {
    const storage = new MemoryStorage();
    const settings = { grid, codes: 8, holdOut: 0 };
    await expect(importTokens(storage, list(item(0, 0, 0, 0), wrong), settings)).rejects.toThrow(PipelineError);
    await expect(importTokens(storage, list(item(0, 0, 0, 0), wrong), settings)).rejects.toThrow(message);
    expect(await storage.list('')).toEqual([]);
  });
});
