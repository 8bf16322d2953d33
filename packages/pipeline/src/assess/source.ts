import { Random } from '@paired3d/nn';
import { readNifti } from '@paired3d/nifti';
import { workingGridConfig } from '../data/datasets';
import { DataError } from '../data/errors';
import { folderSource, type FolderSource, type ScanFiles } from '../data/folder';
import type { PreparedPair } from '../data/types';
import { workingGridOf } from '../data/workingGrid';
import { PipelineError, throwIfAborted } from '../errors';
import { pause } from '../pause';
import type { RunConfig } from '../run/config';

/** Which pairs of a folder are read. */
export interface Selection {
  /** How many at most, drawn at random. */
  readonly pairs: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/**
 * Reads pairs to be assessed. Scans on the working grid, as synthetic pairs are written, are taken as they are; others are
 * prepared as the real ones are. A pair that has nothing in the frame is zero everywhere instead of an error.
 *
 * @param grid a real pair: the grid on which all have to be
 * @returns the pairs in the order of their names, and how many there were to choose from
 * @throws DataError, DataReportError, PipelineError that names what cannot be read, or is on another grid
 */
export async function selectPairs(
  files: ScanFiles,
  { source }: Pick<RunConfig, 'source'>,
  grid: Pick<PreparedPair, 'size' | 'extent'>,
  { pairs: most, seed, signal }: Selection,
): Promise<{ pairs: PreparedPair[]; of: number }> {
  const { labels } = workingGridOf(source);
  if (labels > 1) {
    const advice = 'assess masks: maps of several labels have no vessels to measure';
    throw new PipelineError({ where: 'assess', expected: 'pairs of masks', got: `${labels} labels`, advice });
  }
  const spacing = grid.size.map((n, axis) => grid.extent[axis] / n) as [number, number, number];
  const asTheyAre = folderSource(workingGridConfig(spacing), { train: files });
  const folder =
    source.kind !== 'folder' || (await onGrid(files, grid))
      ? asTheyAre
      : folderSource(source.dataset, { train: files });
  const all = await folder.list('train');
  const chosen = new Set(Random.of(seed, 'assessed pairs').shuffle(all).slice(0, most));
  const pairs: PreparedPair[] = [];
  for (const id of all.filter((id) => chosen.has(id))) {
    await pause();
    throwIfAborted(signal, 'synthetic pairs');
    const pair = await loadOrBlank(folder, id, grid);
    if (pair.size.join() !== grid.size.join()) {
      const expected = `the working grid of the real pairs, ${grid.size.join(' x ')}`;
      const advice = 'assess them with the settings that they were made with (--preset, --config)';
      throw new PipelineError({ where: `synthetic pair ${id}`, expected, got: pair.size.join(' x '), advice });
    }
    pairs.push(pair);
  }
  return { pairs, of: all.length };
}

/** Whether the first scan has the shape of the working grid. */
async function onGrid(files: ScanFiles, { size }: Pick<PreparedPair, 'size'>): Promise<boolean> {
  const name = (await files.list()).find((file) => /\.nii(\.gz)?$/i.test(file));
  if (name === undefined) return true;
  const { shape } = await readNifti(await files.read(name), { name }).catch(() => ({ shape: size }));
  return shape.slice(0, 3).join() === size.join();
}

async function loadOrBlank(
  folder: FolderSource,
  id: string,
  { size, extent }: Pick<PreparedPair, 'size' | 'extent'>,
): Promise<PreparedPair> {
  try {
    return await folder.load('train', id);
  } catch (error) {
    if (!(error instanceof DataError && error.kind === 'empty')) throw error;
    const nothing = new Float32Array(size[0] * size[1] * size[2]);
    return { id, size, extent, fixed: nothing, moving: nothing };
  }
}
