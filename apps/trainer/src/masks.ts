import { readNifti, writeNifti } from '@paired3d/nifti';
import type { Storage } from '@paired3d/pipeline';

/** Where the masks of synthetic pairs are written, beside the probabilities in `synthetic`. */
export const MASKS = 'synthetic-masks';

/**
 * Writes the masks of all synthetic pairs: 8 bits, 1 where the probability is above the threshold, under the same names.
 * Masks of an earlier run that have no pair any more are removed.
 *
 * @param run the output folder of a run.
 * @returns how many pairs there are.
 */
export async function writeMasks(run: Storage, threshold: number): Promise<number> {
  const [from, to] = [run.within('synthetic'), run.within(MASKS)];
  const names = (await from.list('')).filter((name) => name.endsWith('.nii.gz'));
  for (const name of await to.list('')) if (!names.includes(name)) await to.remove(name);
  for (const name of names) {
    const { data, shape, affine } = await readNifti((await from.read(name))!, { name });
    const mask = Uint8Array.from(data, (value) => (value > threshold ? 1 : 0));
    await to.write(name, writeNifti({ data: mask, shape, affine }, { gzip: true, name }));
  }
  return names.length / 2;
}
