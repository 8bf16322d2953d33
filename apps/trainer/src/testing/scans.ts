import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeNifti } from '@paired3d/nifti';

/** Writes a mask with a ball in it (none with radius 0), as a scan of `size` voxels of 1 mm. */
export function writeBall(file: string, size: readonly number[], radius = 4, affine?: number[][]): void {
  const [I, J, K] = size;
  const data = new Uint8Array(I * J * K);
  for (let v = 0; v < data.length; v++) {
    const at = [Math.floor(v / (J * K)), Math.floor(v / K) % J, v % K];
    const square = at.reduce((sum, x, a) => sum + (x - (size[a] - 1) / 2) ** 2, 0);
    data[v] = radius > 0 && square <= radius ** 2 ? 1 : 0;
  }
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, writeNifti({ data, shape: size, affine }, { gzip: true }));
}

/** A data set of two training pairs and a test pair of 16 voxels each way. */
export function writeDataset(folder: string): void {
  for (const name of ['train/case_001', 'train/case_002', 'test/case_003']) {
    for (const image of [1, 2]) writeBall(path.join(folder, `${name}_${image}.nii.gz`), [16, 16, 16], 3 + image);
  }
  mkdirSync(path.join(folder, 'landmarks'));
  for (const kind of ['exact', 'cropped']) {
    writeFileSync(
      path.join(folder, `landmarks/case_003_${kind}.csv`),
      'fixed_i,fixed_j,fixed_k,moving_i,moving_j,moving_k\n8,8,4,8,8,3\n8,8,11,8,8,12\n8,4,8,8,3,8\n',
    );
  }
}
