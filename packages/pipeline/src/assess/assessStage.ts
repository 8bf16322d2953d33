import { Random } from '@paired3d/nn';
import { augmentPresets } from '../data/augment';
import type { PreparedPair } from '../data/types';
import type { RunContext } from '../run/context';
import { readJson, writeJson, type Stage } from '../run/stage';
import type { Storage } from '../storage/storage';
import { augmentedTensor, readPair } from '../stages/pairs';
import { shareOut } from '../workers/shareOut';
import type { JobKind } from '../workers/workers';
import { nearestScan, type Neighbour } from './nearest';
import { isBlank, pairFigures, type MeasureSettings, type PairFigures } from './pairFigures';

/** What was found about one pair. */
export interface AssessedPair {
  readonly id: string;
  /** Absent when there is nothing to see on one of its scans. */
  readonly figures?: PairFigures;
  /** The training scan that is most like the fixed one; those of pairs with the very same values are left out. */
  readonly nearest?: Neighbour;
  /** Of a synthetic pair: the real pair that has the very same values. */
  readonly sameAs?: string;
  /** Of a real pair: the overlap of its fixed scan after an augmentation with the nearest of its own scans. */
  readonly copy?: number;
}

export interface AssessSettings extends MeasureSettings {
  readonly seed: number;
}

interface AssessmentSetup {
  readonly pairs: readonly PreparedPair[];
  readonly training: readonly PreparedPair[];
  /** Real pairs tell what copies look like. */
  readonly real: boolean;
  readonly settings: AssessSettings;
}

/** Measures pairs, one file a pair: `real` or `synthetic`. */
export function assessStage(
  context: Pick<RunContext, 'workers' | 'emit' | 'signal'>,
  name: 'real' | 'synthetic',
  { pairs, training, settings, hashes }: Omit<AssessmentSetup, 'real'> & { hashes: Readonly<Record<string, string>> },
): Stage {
  return {
    name,
    inputs: hashes,
    config: settings,
    async run(folder) {
      const present = new Set(await folder.list(''));
      const missing = [...pairs.keys()].filter((index) => !present.has(assessedPath(pairs[index].id)));
      const total = pairs.length;
      let step = total - missing.length;
      context.emit({ type: 'stage-start', stage: name, total, resumedAt: step });
      const setup = { pairs, training, settings, real: name === 'real' };
      await shareOut(context, { stage: name, kind: assessmentJob, setup }, missing, async (result) => {
        await writeJson(folder, assessedPath(result.id), result);
        context.emit({ type: 'step', stage: name, step: ++step, total, metrics: metricsOf(result) });
      });
      return pairs.map(({ id }) => assessedPath(id));
    },
  };
}

function metricsOf({ figures }: AssessedPair): Record<string, number> {
  return figures ? { nccAfter: figures.nccAfter, displacement: figures.displacement } : {};
}

const assessedPath = (id: string): string => `case_${id}.json`;

/** Reads what the stage found, in the order of the pairs. */
export async function readAssessed(folder: Storage, pairs: readonly PreparedPair[]): Promise<AssessedPair[]> {
  return Promise.all(pairs.map(async ({ id }) => (await readJson<AssessedPair>(folder, assessedPath(id)))!));
}

/** The assessment of a pair, given by its index. */
export const assessmentJob: JobKind<AssessmentSetup, number, AssessedPair> = {
  name: 'assessment',
  open: (setup, signal) => Promise.resolve({ run: (index) => assessPair(setup, index, signal), close() {} }),
};

async function assessPair(
  { pairs, training, real, settings }: AssessmentSetup,
  index: number,
  signal?: AbortSignal,
): Promise<AssessedPair> {
  const pair = pairs[index];
  const { id, fixed, moving } = pair;
  if (isBlank(fixed, settings.threshold) || isBlank(moving, settings.threshold)) return { id };
  const figures = await pairFigures(pair, settings, signal);
  const same = training.filter((other) => sameValues(other, pair));
  const others = training.filter((other) => !same.includes(other));
  const nearest = await nearestScan(fixed, others, signal);
  if (!real) return { id, figures, nearest, sameAs: same[0]?.id };
  const augmented = augmentedTensor(pair, augmentPresets.full, Random.of(settings.seed, 'assess', id));
  const [copy] = await readPair(augmented).finally(() => augmented.dispose());
  return { id, figures, nearest, copy: (await nearestScan(copy, [pair], signal))?.overlap };
}

function sameValues(a: PreparedPair, b: PreparedPair): boolean {
  return (['fixed', 'moving'] as const).every((image) => a[image].every((value, v) => value === b[image][v]));
}
