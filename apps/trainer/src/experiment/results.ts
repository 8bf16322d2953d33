import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ExperimentRow, ExperimentRun, Method, RegistrationSummary, Summary } from '@paired3d/pipeline';
import { commandLine } from '../machine';
import { networkFolder, type Arguments, type Setting } from './commands';
import { PUBLISHED_BEFORE, PUBLISHED_ONLY, type Training } from './trainings';

/** What `evaluate` leaves in its folder. */
type Evaluation = RegistrationSummary & Pick<Summary, 'secondsPerPair'>;

/** A training that was done, and the commands that did it and scored it. */
export interface Done {
  readonly training: Training;
  readonly steps: number;
  readonly commands: readonly Arguments[];
}

/** An optimisation that was scored. */
export interface Optimised {
  readonly title: string;
  readonly folder: string;
  readonly command: Arguments;
}

/** What was done with a network for each pair, and how a row's title says so. */
const WAYS = [
  { method: 'network', suffix: '' },
  { method: 'tta', suffix: ', + TTA' },
  { method: 'refined', suffix: ', + optimise' },
] as const satisfies readonly { method: Method; suffix: string }[];

/** The rows of the table, read from the folders of the experiment; the paper's figures beside ours on its data alone. */
export async function rowsOf(
  { out }: Setting,
  optimised: readonly Optimised[],
  trained: readonly Done[],
  onPublishedData: boolean,
): Promise<ExperimentRow[]> {
  const rows: ExperimentRow[] = [];
  for (const { title, folder } of optimised) {
    const evaluation = await evaluationIn(folder);
    if (rows.length === 0)
      rows.push({ ...row('before registration', 'before', evaluation), published: PUBLISHED_BEFORE });
    rows.push(row(title, 'optimise', evaluation));
  }
  for (const { training } of trained) {
    const test = await evaluationIn(path.join(out, training.id, 'test'));
    const validation = await evaluationIn(path.join(out, training.id, 'validation')).catch(() => undefined);
    for (const { method, suffix } of WAYS) {
      if (!test.dice?.[method]) continue;
      const published = method === 'refined' ? undefined : training.published?.[method];
      const held = validation && {
        dice: validation.dice?.[method]?.mean,
        fromOptimised: validation.fromOptimised?.[method]?.mean,
      };
      rows.push({ ...row(training.title + suffix, method, test), published, validation: held });
    }
  }
  return onPublishedData ? [...rows, ...PUBLISHED_ONLY] : rows.map(({ published: _, ...rest }) => rest);
}

/** What reproduces the rows. */
export async function runsOf(
  setting: Setting,
  optimised: readonly Optimised[],
  trained: readonly Done[],
): Promise<ExperimentRun[]> {
  const runs: ExperimentRun[] = optimised.map(({ title, command }) => ({
    name: title,
    commands: [commandLine(command)],
  }));
  for (const { training, steps, commands } of trained) {
    const timing = path.join(networkFolder(setting, training), 'timing.json');
    const { seconds } = JSON.parse(await readFile(timing, 'utf8')) as { seconds: number };
    runs.push({ name: training.title, steps, seconds, commands: commands.map(commandLine) });
  }
  return runs;
}

async function evaluationIn(folder: string): Promise<Evaluation> {
  return JSON.parse(await readFile(path.join(folder, 'evaluation.json'), 'utf8')) as Evaluation;
}

function row(title: string, method: Method, evaluation: Evaluation): ExperimentRow {
  const { tre, treExact, dice, folding, inverseConsistency, secondsPerPair } = evaluation;
  return {
    title,
    cropped: tre?.[method],
    exact: treExact?.[method],
    dice: dice?.[method],
    folding: folding?.[method],
    ...(method !== 'before' && { inverseConsistency: inverseConsistency?.[method], seconds: secondsPerPair?.[method] }),
  };
}
