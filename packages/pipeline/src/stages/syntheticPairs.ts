import { workingGridConfig } from '../data/datasets';
import { folderSource } from '../data/folder';
import type { PreparedPair } from '../data/types';
import type { WorkingGrid } from '../data/workingGrid';
import type { Storage } from '../storage/storage';

/**
 * Reads synthetic pairs back from the folder they were written to, as any folder of probabilities or label maps is read.
 * @param spacing mm a voxel
 * @param limit read the first ones only
 */
export async function readSyntheticPairs(
  folder: Storage,
  { spacing, labels }: Pick<WorkingGrid, 'spacing' | 'labels'>,
  limit = Infinity,
): Promise<PreparedPair[]> {
  const files = {
    list: async () => (await folder.list('')).filter((path) => path.endsWith('.nii.gz')),
    read: async (name: string) => (await folder.read(name))!,
  };
  const rule = labels === 1 ? 'probability' : { each: labels };
  const source = folderSource(workingGridConfig([...spacing], rule), { train: files });
  const pairs: PreparedPair[] = [];
  for (const id of (await source.list('train')).slice(0, limit)) pairs.push(await source.load('train', id));
  return pairs;
}
