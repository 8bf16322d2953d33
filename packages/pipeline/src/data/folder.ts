import { readNifti } from '@paired3d/nifti';
import { folderConfigSchema, oversampling, parseConfig } from './config';
import type { FolderConfig, FolderConfigInput } from './config';
import { DataError, DataReportError } from './errors';
import type { DataProblem, DataReport } from './errors';
import { parseLandmarks } from './landmarks';
import { pairFiles } from './naming';
import type { PairFiles } from './naming';
import { croppedLandmarks, exactLandmarks, finer, geometryOf, prepareScan } from './prepare';
import type { Geometry, ScanVolume } from './prepare';
import { spacingMatches } from './resample';
import type { PairSource, PreparedPair, Size3, Split } from './types';

/** The files of one folder, however an application reaches them. */
export interface ScanFiles {
  /** Names of the folder's files, without the folder. */
  list(): Promise<string[]>;
  read(name: string): Promise<Uint8Array>;
}

/** The folders of a data set. Without `test` there is nothing to evaluate, without `landmarks` no error in mm. */
export interface ScanFolders {
  train: ScanFiles;
  test?: ScanFiles;
  landmarks?: ScanFiles;
}

/** A {@link PairSource} that can say everything that is wrong with its files. */
export interface FolderSource extends PairSource {
  readonly config: FolderConfig;
  /** Reads every file; never throws for what is wrong with one. */
  verify(): Promise<DataReport>;
}

/**
 * Pairs from folders of NIfTI files, `case_NNN_1` (fixed) and `case_NNN_2` (moving) unless the config says otherwise.
 *
 * `list` throws {@link DataReportError} with every name that does not fit, `load` {@link DataError}.
 *
 * @throws PipelineError when the config does not fit.
 */
export function folderSource(input: FolderConfigInput, folders: ScanFolders): FolderSource {
  const config = parseConfig(folderConfigSchema, input, 'data config');
  return {
    name: config.name,
    config,
    async list(split) {
      const { pairs, errors } = await survey(config, folders, split);
      if (errors.length > 0) throw new DataReportError(reportOf(config, [[split, errors]], { [split]: [...pairs] }));
      return [...pairs.keys()];
    },
    async load(split, id) {
      const { pairs } = await survey(config, folders, split);
      const files = pairs.get(id);
      if (!files) throw unknownCase(split, id, [...pairs.keys()]);
      return loadPair(config, folders, split, id, files);
    },
    verify: () => verify(config, folders),
  };
}

type Survey = Awaited<ReturnType<typeof survey>>;

async function survey(config: FolderConfig, folders: ScanFolders, split: Split) {
  const files = folders[split];
  const found = pairFiles(files ? await visibleNames(files) : [], config.pattern, config.images);
  if (files && found.pairs.size === 0 && found.errors.length === 0) {
    const expected = `scans named like ${config.pattern}.nii.gz`;
    found.errors.push(
      new DataError({ kind: 'folder', file: `${split} folder`, expected, got: 'none', advice: 'check the path' }),
    );
  }
  return found;
}

async function visibleNames(files: ScanFiles): Promise<string[]> {
  return (await files.list()).filter((name) => !name.startsWith('.'));
}

function unknownCase(split: Split, id: string, known: string[]): DataError {
  return new DataError({
    kind: 'unknown-case',
    file: `${split} case ${id}`,
    expected: `one of ${known.slice(0, 12).join(', ')}${known.length > 12 ? ', …' : ''}`,
    got: id,
    advice: 'choose a case of the folder',
  });
}

async function loadPair(
  config: FolderConfig,
  folders: ScanFolders,
  split: Split,
  id: string,
  files: PairFiles,
): Promise<PreparedPair> {
  const folder = folders[split]!;
  const scans = [await readScan(folder, files[0]), await readScan(folder, files[1])] as const;
  const { pair, geometry } = preparePair(scans, config, id, files);
  // Pairs that are not trained on are not augmented.
  const factor = oversampling(config);
  if (split === 'train' && factor > 1) {
    const grid = finer(geometry, factor);
    const [fixed, moving] = scans.map((scan, image) => prepareScan(scan, grid, config, files[image]));
    pair.fine = { fixed, moving, size: grid.size };
  }
  if (folders.landmarks) pair.landmarks = await loadLandmarks(config, folders.landmarks, id, geometry);
  return pair;
}

/**
 * The two scans of a case on the working grid, without landmarks; the geometry says where that lies in the files.
 *
 * @param files names for messages
 * @throws DataError when the scans' grids differ, do not fit the config, or nothing of a scan lies in the frame
 */
export function preparePair(
  [first, second]: readonly [fixed: ScanVolume, moving: ScanVolume],
  config: FolderConfig,
  id: string,
  files: PairFiles,
): { pair: PreparedPair; geometry: Geometry } {
  const geometry = geometryOf(first, config, id, files[0]);
  checkPartner(first, second, config, files);
  const fixed = prepareScan(first, geometry, config, files[0]);
  const moving = prepareScan(second, geometry, config, files[1]);
  const pair: PreparedPair = { id, fixed, moving, size: geometry.size, extent: geometry.extent };
  if (typeof config.labels === 'object' && 'each' in config.labels) pair.labels = config.labels.each;
  return { pair, geometry };
}

/** @throws DataError that names the file when it is no NIfTI volume */
export async function readScan(folder: ScanFiles, file: string): Promise<ScanVolume> {
  try {
    return await readNifti(await folder.read(file), { name: file });
  } catch (cause) {
    throw new DataError({
      kind: 'unreadable',
      file,
      expected: 'a readable NIfTI file',
      got: cause instanceof Error ? cause.message : String(cause),
      advice: 'copy or write it again',
      cause,
    });
  }
}

/** The protocol crops both scans of a case alike, so they must lie on the same grid before that. */
function checkPartner(fixed: ScanVolume, moving: ScanVolume, config: FolderConfig, files: PairFiles): void {
  const fail = (what: string, expected: readonly number[], got: readonly number[]) => {
    throw new DataError({
      kind: 'shape',
      file: files[1],
      expected: `the ${what} of ${files[0]}, ${expected.join(' x ')}`,
      got: got.join(' x '),
      advice: 'resample both scans of a case to one grid',
    });
  };
  if (fixed.shape.join() !== moving.shape.join()) fail('shape', fixed.shape, moving.shape);
  const [a, b] = [fixed.spacing, moving.spacing].map(([i, j, k]): Size3 => [i, j, k]);
  if (config.resample && !spacingMatches(b, a)) fail('spacing in mm', a, b);
}

async function loadLandmarks(config: FolderConfig, files: ScanFiles, id: string, geometry: Geometry) {
  const names = new Set(await visibleNames(files));
  const table = async (pattern: string | null) => {
    const file = pattern?.replace('{case}', id);
    if (file === undefined || !names.has(file)) return undefined;
    return parseLandmarks(new TextDecoder().decode(await files.read(file)), file);
  };
  const cropped = await table(config.landmarks.cropped);
  const exact = await table(config.landmarks.exact);
  if (!cropped && !exact) return undefined;
  return {
    ...(cropped && { cropped: croppedLandmarks(cropped, geometry) }),
    ...(exact && { exact: exactLandmarks(exact, geometry) }),
  };
}

async function verify(config: FolderConfig, folders: ScanFolders): Promise<DataReport> {
  const splits: Split[] = folders.test ? ['train', 'test'] : ['train'];
  const problems: [Split, DataError[]][] = [];
  const usable: Partial<Record<Split, [string, PairFiles][]>> = {};
  const notes: string[] = [];
  let size: Size3 | undefined;
  for (const split of splits) {
    const found: Survey = await survey(config, folders, split);
    const errors = [...found.errors];
    const good: [string, PairFiles][] = [];
    for (const file of found.passedOver) notes.push(`[${split}] ${file}: not a NIfTI file, passed over`);
    for (const [id, files] of found.pairs) {
      try {
        const pair = await loadPair(config, folders, split, id, files);
        size ??= pair.size;
        if (size.join() !== pair.size.join()) throw otherSize(files[0], size, pair.size);
        if (split === 'test' && !pair.landmarks) notes.push(`[test] case ${id}: no landmarks, so no error in mm`);
        good.push([id, files]);
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        errors.push(error);
      }
    }
    usable[split] = good;
    problems.push([split, errors]);
  }
  return reportOf(config, problems, usable, notes);
}

function otherSize(file: string, expected: Size3, got: Size3): DataError {
  return new DataError({
    kind: 'shape',
    file,
    expected: `the working grid of the other pairs, ${expected.join(' x ')}`,
    got: got.join(' x '),
    advice: 'set `frame`',
  });
}

function reportOf(
  config: FolderConfig,
  errors: [Split, DataError[]][],
  pairs: Partial<Record<Split, [string, PairFiles][]>>,
  notes: string[] = [],
): DataReport {
  const problems = errors.flatMap(([split, list]) =>
    list.map(({ file, kind, message }): DataProblem => {
      return { folder: kind === 'landmarks' ? 'landmarks' : split, file, kind, message };
    }),
  );
  const ids = (split: Split) => (pairs[split] ?? []).map(([id]) => id);
  const usable = { train: ids('train'), test: ids('test') };
  return { source: config.name, ok: problems.length === 0, pairs: usable, problems, notes };
}
