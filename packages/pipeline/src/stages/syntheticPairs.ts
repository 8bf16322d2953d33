import { workingGridConfig } from '../data/datasets';
import { folderSource } from '../data/folder';
import type { PreparedPair, Size3 } from '../data/types';
import type { Storage } from '../storage/storage';

/**
 * Reads synthetic pairs back from the folder they were written to, as any folder of probabilities is read.
 * @param spacing mm a voxel
 * @param limit read the first ones only
 */
export async function readSyntheticPairs(folder: Storage, spacing: Size3, limit = Infinity): Promise<PreparedPair[]> {
  const files = {
    list: async () => (await folder.list('')).filter((path) => path.endsWith('.nii.gz')),
    read: async (name: string) => (await folder.read(name))!,
  };
  const source = folderSource(workingGridConfig([...spacing]), { train: files });
  const pairs: PreparedPair[] = [];
  for (const id of (await source.list('train')).slice(0, limit)) pairs.push(await source.load('train', id));
  return pairs;
}
