import { meanDisplacementError } from '../data/landmarks';
import type { PreparedPair } from '../data/types';
import {
  METHODS,
  PERCENTS,
  landmarkWeightedMean,
  type CaseTable,
  type Method,
  type MethodTables,
  type RegistrationSummary,
  type Summary,
} from '../report/summary';
import { quantile } from '../report/statistics';
import { readResult, readSeconds, type CaseResult } from '../stages/evaluate';
import type { MethodResult } from '../stages/scoring';
import type { Storage } from '../storage/storage';
import type { RunConfig } from './config';
import { readJson, type StageTiming } from './stage';

/** What the summary needs that no stage writes down. */
export interface RunFacts {
  readonly config: RunConfig;
  readonly timings: readonly StageTiming[];
  readonly training: readonly PreparedPair[];
  readonly test: readonly PreparedPair[];
  readonly backend: string;
  /** threads that computed */
  readonly workers: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** Gathers `summary.json` from the folders of a run. */
export async function summarize(storage: Storage, facts: RunFacts): Promise<Summary> {
  const vqae = await readJson<{ dice: number; codesUsed: number; codes: number }>(storage, 'vqae/metrics.json');
  const diffusion = await readJson<{ bitsPerToken: number }>(storage, 'diffusion/metrics.json');
  const results = await readResults(storage, facts.test);
  return {
    vqae: { dice: vqae?.dice ?? NaN, codesUsed: vqae?.codesUsed ?? NaN, codes: vqae?.codes },
    diffusion: { bitsPerToken: diffusion?.bitsPerToken ?? NaN },
    registration: registrationSummary(results, facts),
    timings: Object.fromEntries(facts.timings.map(({ name, seconds }) => [name, seconds])),
    secondsPerPair: await secondsPerPair(storage, facts.test),
    backend: facts.backend,
    workers: facts.workers,
    seed: facts.config.seed,
    versions: facts.versions,
  };
}

/** The results of the evaluation, in the order of the test pairs. */
export async function readResults(storage: Storage, test: readonly PreparedPair[]): Promise<CaseResult[]> {
  const folder = storage.within('evaluation');
  const results = await Promise.all(test.map(({ id }) => readResult(folder, id)));
  return results.filter((result) => result !== undefined);
}

async function secondsPerPair(storage: Storage, test: readonly PreparedPair[]): Promise<Summary['secondsPerPair']> {
  const folder = storage.within('evaluation');
  const cases = (await Promise.all(test.map(({ id }) => readSeconds(folder, id)))).filter((seconds) => !!seconds);
  const entries = METHODS.map((method): [Method, number[]] => [
    method,
    cases.map((seconds) => seconds[method]).filter((value) => value !== undefined),
  ]);
  return Object.fromEntries(entries.filter(([, values]) => values.length > 0).map(([name, all]) => [name, mean(all)]));
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

function registrationSummary(results: readonly CaseResult[], { training, test }: RunFacts): RegistrationSummary {
  const hasLandmarks = training.length > 0 && [...training, ...test].every(({ landmarks }) => landmarks);
  return {
    tre: errorTables(results, 'cropped'),
    treExact: errorTables(results, 'exact'),
    dice: meanTables(results, 'dice'),
    folding: meanTables(results, 'folding'),
    inverseConsistency: meanTables(results, 'inverseConsistency'),
    fromOptimised: meanTables(results, 'fromOptimised'),
    constantMeanDisplacement: hasLandmarks ? { mean: meanDisplacementError([...training], [...test]) } : undefined,
    percentiles: percentiles(results),
    landmarkErrors: perMethod(results, (result) => result.cropped),
  };
}

/** For each method that ran: what `pick` gives of each case. */
function perMethod<T>(results: readonly CaseResult[], pick: (result: MethodResult) => T | undefined) {
  const tables: Partial<Record<Method, Record<string, T>>> = {};
  for (const method of METHODS) {
    for (const { id, methods } of results) {
      const value = methods[method] && pick(methods[method]);
      if (value !== undefined) (tables[method] ??= {})[id] = value;
    }
  }
  return tables;
}

function errorTables(results: readonly CaseResult[], kind: 'cropped' | 'exact'): MethodTables | undefined {
  const tables = perMethod(results, (result) => result[kind]);
  const entries = Object.entries(tables).map(([method, cases]): [string, CaseTable] => {
    const perCase = Object.entries(cases).map(([id, errors]) => ({ id, errors: Float32Array.from(errors) }));
    return [method, landmarkWeightedMean(perCase)];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function percentiles(results: readonly CaseResult[]): RegistrationSummary['percentiles'] {
  const tables = Object.entries(perMethod(results, (result) => result.cropped));
  if (tables.length === 0) return undefined;
  return Object.fromEntries(
    tables.map(([method, cases]) => {
      const sorted = Object.values(cases)
        .flat()
        .sort((a, b) => a - b);
      return [method, Object.fromEntries(PERCENTS.map((percent) => [percent, quantile(sorted, percent / 100)]))];
    }),
  );
}

function meanTables(
  results: readonly CaseResult[],
  what: 'dice' | 'folding' | 'inverseConsistency' | 'fromOptimised',
): MethodTables {
  const tables = perMethod(results, (result) => result[what]);
  return Object.fromEntries(
    Object.entries(tables).map(([method, cases]) => {
      return [method, { mean: mean(Object.values(cases)), cases }];
    }),
  );
}
