import {
  PipelineError,
  folderSource,
  phantomSource,
  subjectsSource,
  throwIfAborted,
  type FolderConfig,
  type FolderSource,
  type PairSource,
  type PreparedPair,
  type RunConfig,
  type ScanFiles,
  type Split,
} from '@paired3d/pipeline';
import { setTimeout } from 'node:timers/promises';
import type { DataOptions } from './run-options';
import { ScanFolder } from './scan-folder';

const nothing: ScanFiles = { list: async () => [], read: async () => new Uint8Array() };

/**
 * Opens the data of a run. Every scan of the splits that are needed is read at once, so that what is wrong with one is said before
 * anything is computed or written.
 *
 * @throws PipelineError when a folder is not given, cannot be read, or has files that do not fit.
 */
export async function openPairs(
  { source }: RunConfig,
  folders: DataOptions,
  splits: readonly Split[],
  signal: AbortSignal,
): Promise<PairSource> {
  if (source.kind === 'phantom') {
    refuseFolders(folders);
    const { kind: _kind, ...config } = source;
    return phantomSource(config);
  }
  if (source.kind === 'subjects') {
    if (folders.train === undefined) throw missingFolder('train');
    refuse(folders, ['test', 'landmarks'], 'nothing: the folder of --train holds all subjects', 'leave it out');
    const opened = subjectsSource(source.dataset, await ScanFolder.open(folders.train, { deep: true }));
    return preloaded(opened, splits, signal);
  }
  for (const split of splits) if (folders[split] === undefined) throw missingFolder(split);
  const opened = await openFolders(source.dataset, folders);
  const loaded = await preloaded(opened, splits, signal);
  if (splits.includes('test')) await checkLandmarks(loaded, opened.config, folders);
  return loaded;
}

/**
 * The source of the given folders, nothing of them read yet.
 *
 * @throws PipelineError when one of them is no folder.
 */
export async function openFolders(
  dataset: FolderConfig,
  { train, test, landmarks }: DataOptions,
): Promise<FolderSource> {
  const open = async (folder: string | undefined) => (folder === undefined ? undefined : ScanFolder.open(folder));
  return folderSource(dataset, {
    train: (await open(train)) ?? nothing,
    test: await open(test),
    landmarks: await open(landmarks),
  });
}

/** @throws PipelineError that says that this command needs the folder of a split. */
export function missingFolder(split: Split): PipelineError {
  return new PipelineError({
    where: `--${split}`,
    expected: `the folder of the ${split === 'train' ? 'training' : 'test'} pairs`,
    got: 'none',
    advice: 'give it, or use --preset tiny, which makes phantoms',
  });
}

function refuseFolders(folders: DataOptions): void {
  const given = (['train', 'test', 'landmarks'] as const).find((name) => folders[name] !== undefined);
  if (given === undefined) return;
  throw new PipelineError({
    where: `--${given}`,
    expected: given === 'train' ? 'a configuration whose source.kind is folder' : '--train beside it',
    got: 'a run on phantoms',
    advice: given === 'train' ? 'choose --preset small, or set source' : 'give the training pairs too',
  });
}

function refuse(
  folders: DataOptions,
  names: readonly ('test' | 'landmarks')[],
  expected: string,
  advice: string,
): void {
  const given = names.find((name) => folders[name] !== undefined);
  if (given) throw new PipelineError({ where: `--${given}`, expected, got: folders[given]!, advice });
}

/** @throws PipelineError when there are landmarks, but of no test pair */
async function checkLandmarks(source: PairSource, { landmarks }: FolderConfig, folders: DataOptions): Promise<void> {
  if (folders.landmarks === undefined) return;
  const ids = await source.list('test');
  for (const id of ids) if ((await source.load('test', id)).landmarks) return;
  if (ids.length === 0) return;
  const names = Object.values(landmarks).filter((name) => name !== null);
  throw new PipelineError({
    where: folders.landmarks,
    expected: `landmarks of a test pair, such as ${names.map((name) => name.replace('{case}', ids[0])).join(' or ')}`,
    got: 'none',
    advice: 'check the path, or leave --landmarks out',
  });
}

async function preloaded(source: PairSource, splits: readonly Split[], signal: AbortSignal): Promise<PairSource> {
  const ids = { train: [] as string[], test: [] as string[] };
  // Names first: they are checked in no time.
  for (const split of splits) ids[split] = await source.list(split);
  const pairs = new Map<string, PreparedPair>();
  for (const split of splits) {
    for (const id of ids[split]) {
      await setTimeout(0); // signals are heard only between two scans
      throwIfAborted(signal, `${split} pairs`);
      pairs.set(`${split}/${id}`, await source.load(split, id));
    }
  }
  return {
    name: source.name,
    list: async (split) => ids[split],
    load: async (split, id) => pairs.get(`${split}/${id}`) ?? source.load(split, id),
  };
}
