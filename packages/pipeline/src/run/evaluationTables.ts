import { METHODS, PERCENTS, type MethodTables, type RegistrationSummary } from '../report/summary';
import { quantile } from '../report/statistics';

/** Case ids in order; an object lists those that look like numbers before the others. */
export const sortedIds = (cases: Readonly<Record<string, unknown>>): string[] => Object.keys(cases).sort();

type Cell = string | number | undefined;

const csv = (rows: readonly (readonly Cell[])[]): string =>
  rows
    .map(
      (row) => `${row.map((cell) => (typeof cell === 'number' ? Number(cell.toFixed(4)) : (cell ?? ''))).join(',')}\n`,
    )
    .join('');

/**
 * The evaluation as a table, a row for each method and case, and one, `all`, for all cases: landmark errors in mm (`cropped`,
 * their percentiles, `exact`), Dice, percentage of folded voxels, inverse consistency error in mm, distance from where
 * instance optimisation takes the foreground in mm.
 */
export function evaluationCsv(summary: RegistrationSummary): string {
  const { tre, treExact, dice, folding, inverseConsistency, fromOptimised, percentiles, landmarkErrors } = summary;
  const measures = [tre, treExact, dice, folding, inverseConsistency, fromOptimised];
  const head = [
    'method',
    'case',
    'cropped',
    ...PERCENTS.map((p) => `p${p}`),
    'exact',
    'dice',
    'folded',
    'inverse',
    'from_optimised',
  ];
  const rows = METHODS.filter((method) => dice?.[method]).flatMap((method) => {
    const cells = (pick: (table: NonNullable<MethodTables[typeof method]>) => number | undefined, spread: Cell[]) => {
      const [cropped, exact, ...rest] = measures.map((tables) => tables?.[method] && pick(tables[method]));
      return [cropped, ...spread, exact, ...rest];
    };
    const cases = sortedIds(dice![method]!.cases).map((id) => {
      const sorted = [...(landmarkErrors?.[method]?.[id] ?? [])].sort((a, b) => a - b);
      const spread = PERCENTS.map((percent) => (sorted.length > 0 ? quantile(sorted, percent / 100) : undefined));
      return [method, id, ...cells((table) => table.cases[id], spread)];
    });
    const spread = PERCENTS.map((percent) => percentiles?.[method]?.[percent]);
    return [...cases, [method, 'all', ...cells((table) => table.mean, spread)]];
  });
  return csv([head, ...rows]);
}

/**
 * The error in mm of each single cropped landmark: a row for each, in the order of the landmark files' rows, a column for
 * each method.
 */
export function landmarkErrorsCsv({ landmarkErrors = {} }: RegistrationSummary): string {
  const methods = METHODS.filter((method) => landmarkErrors[method]);
  const cases = landmarkErrors[methods[0]] ?? {};
  const rows = sortedIds(cases).flatMap((id) =>
    cases[id].map((_, row) => [id, row + 1, ...methods.map((method) => landmarkErrors[method]![id]?.[row])] as Cell[]),
  );
  return csv([['case', 'row', ...methods], ...rows]);
}
