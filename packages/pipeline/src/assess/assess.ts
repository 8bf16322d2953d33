import type { PreparedPair } from '../data/types';
import { PipelineError } from '../errors';
import type { RunContext } from '../run/context';
import { runStage } from '../run/stage';
import { hashPairs } from '../stages/pairs';
import { assessStage, readAssessed, type AssessedPair, type AssessSettings } from './assessStage';
import { copyBound, judgePairs, meanAndDeviation, type Criterion } from './criteria';
import { spreadOf } from './spread';
import { verdictOf, type Verdict } from './verdict';

/** Synthetic pairs beside real ones: what `assess.json` holds. */
export interface Assessment {
  readonly verdict: Verdict;
  readonly criteria: readonly Criterion[];
  /** The overlap from which on a pair is a copy of a training scan. */
  readonly copyBound?: number;
  /** How far chance alone moves two figures. */
  readonly chance: Chance;
  readonly real: readonly AssessedPair[];
  readonly synthetic: readonly AssessedPair[];
  readonly settings: AssessSettings;
}

/** What an assessment runs with. Figures of pairs are kept in `storage`: interrupted, it goes on where it was. */
export type AssessContext = Pick<RunContext, 'storage' | 'workers' | 'emit' | 'signal' | 'clock' | 'memory'>;

/**
 * Assesses synthetic pairs beside the real ones that their models were trained on: what vessels look like, how pairs move
 * (by instance optimisation), how much they differ, and whether they are copies.
 *
 * @param pairs on one grid, two real ones at least; see {@link selectPairs}
 * @throws PipelineError for fewer; Interrupted when the signal is raised
 */
export async function assessPairs(
  context: AssessContext,
  { real, synthetic }: { readonly real: readonly PreparedPair[]; readonly synthetic: readonly PreparedPair[] },
  settings: AssessSettings,
): Promise<Assessment> {
  checkEnough({ real, synthetic });
  const hashes = { real: await hashPairs(real), synthetic: await hashPairs(synthetic) };
  const common = { training: real, settings };
  const stages = [
    assessStage(context, 'real', { ...common, pairs: real, hashes: { real: hashes.real } }),
    assessStage(context, 'synthetic', { ...common, pairs: synthetic, hashes }),
  ];
  for (const stage of stages) await runStage(context, stage);
  const found = {
    real: await readAssessed(context.storage.within('real'), real),
    synthetic: await readAssessed(context.storage.within('synthetic'), synthetic),
  };
  const seen = (kind: 'real' | 'synthetic', pairs: readonly PreparedPair[]) => ({
    pairs: found[kind],
    spread: spreadOf(pairs.filter((_, n) => found[kind][n].figures)),
  });
  const criteria = judgePairs(seen('real', real), seen('synthetic', synthetic));
  const same = found.synthetic.filter(({ sameAs }) => sameAs !== undefined).length;
  return {
    verdict: verdictOf(criteria, same),
    criteria,
    copyBound: copyBound(found.real),
    chance: chanceOf(found.real, found.synthetic),
    ...found,
    settings,
  };
}

/**
 * Two real pairs and a synthetic one are needed: what is common is seen only beside others.
 * @throws PipelineError that says which are too few
 */
export function checkEnough(pairs: Readonly<Record<'real' | 'synthetic', readonly PreparedPair[]>>): void {
  for (const [name, least] of [['real', 2] as const, ['synthetic', 1] as const]) {
    const got = `${pairs[name].length}`;
    if (pairs[name].length >= least) continue;
    throw new PipelineError({ where: `${name} pairs`, expected: `${least} or more`, got, advice: 'give more of them' });
  }
}

/** Standard errors as parts of the real figure: two sets of so many pairs differ by as much though they are alike. */
export interface Chance {
  readonly displacement?: number;
  /** Of its standard deviation, if displacements are normally distributed. */
  readonly displacementDeviation?: number;
}

function chanceOf(real: readonly AssessedPair[], synthetic: readonly AssessedPair[]): Chance {
  const sets = [real, synthetic].map((pairs) => pairs.flatMap(({ figures }) => figures?.displacement ?? []));
  const [{ mean }] = sets.map(meanAndDeviation);
  if (mean === undefined || sets.some(({ length }) => length < 2)) return {};
  const variance = sets.reduce((sum, values) => sum + meanAndDeviation(values).deviation! ** 2 / values.length, 0);
  return {
    displacement: Math.sqrt(variance) / mean,
    displacementDeviation: Math.sqrt(sets.reduce((sum, { length }) => sum + 1 / (2 * (length - 1)), 0)),
  };
}
