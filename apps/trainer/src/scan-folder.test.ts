import * as fs from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ScanFolder } from './scan-folder';
import { temporaryFolder } from './testing';

describe('ScanFolder', () => {
  it('lists files and links to files, not folders and hidden files, and reads them', async () => {
    const folder = temporaryFolder();
    await fs.writeFile(path.join(folder, 'b.nii'), 'B');
    await fs.writeFile(path.join(folder, '.DS_Store'), '');
    await fs.mkdir(path.join(folder, 'sub'));
    await fs.symlink(path.join(folder, 'b.nii'), path.join(folder, 'a.nii'));
    await fs.symlink(path.join(folder, 'sub'), path.join(folder, 'link'));
    const files = await ScanFolder.open(folder);
    expect(await files.list()).toEqual(['a.nii', 'b.nii']);
    expect(await files.read('a.nii')).toEqual(Uint8Array.of(66));
  });

  it('says what is wrong in one line', async () => {
    const folder = temporaryFolder();
    const missing = path.join(folder, 'scans');
    await expect(ScanFolder.open(missing)).rejects.toThrow(
      `${missing}: expected a folder of scans, got no such file or folder (ENOENT); check the path`,
    );
    await fs.writeFile(missing, '');
    await expect(ScanFolder.open(missing)).rejects.toThrow('got a file; give the folder that holds the scans');
    const files = await ScanFolder.open(folder);
    await expect(files.read('x.nii')).rejects.toMatchObject({ where: path.join(folder, 'x.nii'), exitCode: 42 });
  });
});
