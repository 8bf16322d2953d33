import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readNifti, writeNifti } from './index';

const folder = process.env.PAIRED3D_DATA;
const present = folder !== undefined && existsSync(join(folder, 'train'));
if (!present) console.log('Real data: skipped, PAIRED3D_DATA does not name a folder with train/.');

describe.skipIf(!present)('real scans', () => {
  test('a pair is read and survives being written', async () => {
    const names = (await readdir(join(folder!, 'train'))).filter((name) => name.endsWith('.nii.gz')).sort();
    for (const name of names.slice(0, 2)) {
      const volume = await readNifti(await readFile(join(folder!, 'train', name)), { name });
      expect(volume.data).toBeInstanceOf(Uint8Array);
      expect(new Set(volume.data)).toEqual(new Set([0, 1, 2]));
      for (const size of volume.spacing) expect(Math.abs(size - 1)).toBeLessThan(0.02);
      const again = await readNifti(writeNifti(volume, { gzip: true }));
      expect(Buffer.compare(again.data as Uint8Array, volume.data as Uint8Array)).toBe(0);
      expect({ ...again, data: 0 }).toEqual({ ...volume, data: 0 });
    }
  });
});
