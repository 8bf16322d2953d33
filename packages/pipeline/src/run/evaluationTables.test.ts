import { expect, it } from 'vitest';
import type { RegistrationSummary } from '../report/summary';
import { evaluationCsv, landmarkErrorsCsv } from './evaluationTables';

const table = (mean: number, a: number, b: number) => ({ mean, cases: { a, b } });
const summary: RegistrationSummary = {
  tre: { before: table(8.25, 8, 9), optimise: table(1.5, 1, 3) },
  treExact: { before: table(8.125, 8, 8.5), optimise: table(1.25, 1, 2) },
  dice: { before: table(0.25, 0.2, 0.3), optimise: table(0.75, 0.7, 0.8) },
  folding: { before: table(0, 0, 0), optimise: table(0.5, 0, 1) },
  inverseConsistency: { before: table(0, 0, 0), optimise: table(0.123456, 0.1, 0.2) },
  fromOptimised: { before: table(6.5, 6, 7), optimise: table(0, 0, 0) },
  percentiles: { before: { 25: 7, 50: 8, 75: 9, 95: 9 }, optimise: { 25: 0.75, 50: 1.25, 75: 2, 95: 2.8 } },
  landmarkErrors: { before: { a: [7, 8, 9], b: [9] }, optimise: { a: [0.5, 1, 1.5], b: [3] } },
};

it('has a row for each method and case, and for all cases', () => {
  expect(evaluationCsv(summary)).toBe(
    [
      'method,case,cropped,p25,p50,p75,p95,exact,dice,folded,inverse,from_optimised',
      'before,a,8,7.5,8,8.5,8.9,8,0.2,0,0,6',
      'before,b,9,9,9,9,9,8.5,0.3,0,0,7',
      'before,all,8.25,7,8,9,9,8.125,0.25,0,0,6.5',
      'optimise,a,1,0.75,1,1.25,1.45,1,0.7,0,0.1,0',
      'optimise,b,3,3,3,3,3,2,0.8,1,0.2,0',
      'optimise,all,1.5,0.75,1.25,2,2.8,1.25,0.75,0.5,0.1235,0',
      '',
    ].join('\n'),
  );
});

it('leaves a place empty where there are no landmarks', () => {
  const { dice, folding, inverseConsistency } = summary;
  expect(evaluationCsv({ dice, folding, inverseConsistency }).split('\n')[1]).toBe('before,a,,,,,,,0.2,0,0,');
  expect(landmarkErrorsCsv({})).toBe('case,row\n');
});

it('lists the errors of the landmarks in the order of their rows', () => {
  expect(landmarkErrorsCsv(summary)).toBe('case,row,before,optimise\na,1,7,0.5\na,2,8,1\na,3,9,1.5\nb,1,9,3\n');
});
