import { folderConfigSchema, parseConfig, subjectsConfigSchema } from './config';
import type { FolderConfig, SubjectsConfig, SubjectsConfigInput } from './config';
import { DataError } from './errors';
import { preparePair, readScan, type ScanFiles } from './folder';
import type { ScanVolume } from './prepare';
import { workingGridOf } from './workingGrid';
import type { PairSource, PreparedPair, Size3, Split } from './types';

/** A {@link PairSource} of subjects. */
export interface SubjectsSource extends PairSource {
  readonly config: SubjectsConfig;
}

interface Subject {
  readonly id: string;
  /** path below the folder */
  readonly file: string;
}

/**
 * Pairs of different subjects from one folder of label maps, such as the slices of OASIS in the layout of neurite-oasis
 * (Hoopes et al., 2021): a folder a subject, `OASIS_OAS1_0001_MR1/slice_seg24.nii.gz`. Subject n, by name, is the fixed
 * and subject n + 1 the moving scan of a pair, as in the validation of Learn2Reg (Hering et al., 2022).
 *
 * @param files `list` gives paths that are one folder deep
 * @throws PipelineError when the config does not fit; `list` and `load` throw {@link DataError}
 */
export function subjectsSource(input: SubjectsConfigInput, files: ScanFiles): SubjectsSource {
  const config = parseConfig(subjectsConfigSchema, input, 'data config');
  const { name, labels, size, spacing } = config;
  const scans = parseConfig(
    folderConfigSchema,
    {
      name,
      labels: { each: labels },
      resample: false,
      spacing,
      frame: { padTo: size, start: [0, 0, 0], size },
      pool: workingGridOf({ kind: 'subjects', dataset: config }).pool,
    },
    'data config',
  );
  let found: Promise<Subject[]> | undefined;
  const subjects = () => (found ??= findSubjects(config, files));
  return {
    name,
    config,
    list: async (split) => pairsOf(config, await subjects(), split).map(idOf),
    async load(split, id) {
      const pairs = pairsOf(config, await subjects(), split);
      const pair = pairs.find((subjects) => idOf(subjects) === id);
      if (pair) return loadPair(config, scans, files, pair);
      const expected = `one of ${idOf(pairs[0])} to ${idOf(pairs.at(-1)!)}`;
      const advice = 'choose a pair of the list';
      throw new DataError({ kind: 'unknown-case', file: `${split} pair ${id}`, expected, got: id, advice });
    },
  };
}

const idOf = (pair: readonly Subject[]) => pair.map(({ id }) => id).join('-');

async function findSubjects({ pattern }: SubjectsConfig, files: ScanFiles): Promise<Subject[]> {
  const [before, after] = pattern.split('{subject}');
  const subjects: Subject[] = [];
  for (const file of [...(await files.list())].sort()) {
    const name = file.replace(/\.nii(\.gz)?$/i, '');
    if (name === file || !name.startsWith(before) || !name.endsWith(after)) continue;
    const id = name.slice(before.length, name.length - after.length);
    if (id.length > 0 && !id.includes('/')) subjects.push({ id, file });
  }
  return subjects;
}

/** Pairs of neighbours: a split of n pairs takes n + 1 subjects, the first ones to train and the last ones to test. */
function pairsOf({ pairs, pattern }: SubjectsConfig, subjects: readonly Subject[], split: Split): [Subject, Subject][] {
  const needed = pairs.train + 1 + pairs.test + 1;
  if (subjects.length < needed) {
    throw new DataError({
      kind: 'folder',
      file: 'folder of subjects',
      expected: `${needed} subjects like ${pattern}.nii.gz, for ${pairs.train} and ${pairs.test} pairs`,
      got: `${subjects.length}`,
      advice: 'check the path and the settings `pattern` and `pairs`',
    });
  }
  const first = split === 'train' ? 0 : subjects.length - pairs.test - 1;
  return Array.from({ length: pairs[split] }, (_, n) => [subjects[first + n], subjects[first + n + 1]]);
}

async function loadPair(
  { size }: SubjectsConfig,
  scans: FolderConfig,
  files: ScanFiles,
  subjects: readonly [Subject, Subject],
): Promise<PreparedPair> {
  const read = async ({ file }: Subject) => onAxes(await readScan(files, file), size, file);
  const volumes = [await read(subjects[0]), await read(subjects[1])] as const;
  return preparePair(volumes, scans, idOf(subjects), [subjects[0].file, subjects[1].file]).pair;
}

/** A slice of H x W voxels becomes [1, H, W], with the same order of values. */
function onAxes(volume: ScanVolume, size: Size3, file: string): ScanVolume {
  const axes = volume.shape.filter((n) => n > 1);
  const wanted = size.filter((n) => n > 1);
  if (axes.join() !== wanted.join()) {
    const [expected, got] = [wanted, axes].map((shape) => shape.join(' x '));
    throw new DataError({ kind: 'shape', file, expected, got, advice: 'check the file and the setting `size`' });
  }
  const spacing = volume.spacing.filter((_, axis) => volume.shape[axis] > 1);
  while (spacing.length < 3) spacing.unshift(spacing[0]);
  return { data: volume.data, shape: size, spacing };
}
