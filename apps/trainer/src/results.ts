import {
  boundsText,
  METHODS,
  PERCENTS,
  sortedIds,
  type Criterion,
  type Method,
  type MethodTables,
  type Summary,
} from '@paired3d/pipeline';

const names: Readonly<Record<Method, string>> = {
  before: 'before registration',
  networkReal: 'network trained on real pairs',
  network: 'network trained on synthetic pairs',
  tta: 'the same, adapted to each pair',
  refined: 'the same, optimised from its field',
  optimise: 'optimised for each pair, no network',
};

interface Column {
  readonly title: string;
  readonly digits: number;
  readonly tables: MethodTables | undefined;
}

/** What `evaluate` prints below it: percentiles and inverse consistency, and the mean error of each case. */
export function detailsText({ registration }: Summary): string {
  const { tre, percentiles, inverseConsistency } = registration;
  const methods = METHODS.filter((method) => inverseConsistency?.[method]);
  const spread = methods.map((method) => [
    names[method],
    ...PERCENTS.map((percent) => percentiles?.[method]?.[percent].toFixed(2) ?? ''),
    inverseConsistency![method]!.mean.toFixed(3),
  ]);
  const blocks = [[['percentiles, mm', ...PERCENTS.map((percent) => `${percent} %`), 'inverse, mm'], ...spread]];
  if (tre?.before) {
    const ids = sortedIds(tre.before.cases);
    const rows = METHODS.filter((method) => tre[method]).map((method) => [
      names[method],
      ...ids.map((id) => tre[method]!.cases[id]?.toFixed(2) ?? ''),
    ]);
    blocks.push([['mm, by case', ...ids.map((id) => id.replace(/^case_/, ''))], ...rows]);
  }
  return blocks.map(alignColumns).join('\n\n');
}

/** The figures of a run as a small table: a row for each method, landmark errors in mm and overlap. */
export function resultsText({ registration }: Summary): string {
  const { tre, treExact, dice, folding, fromOptimised, constantMeanDisplacement } = registration;
  // A phantom's cropped and exact landmarks are the same.
  const twice = JSON.stringify(tre) !== JSON.stringify(treExact);
  const columns: Column[] = [
    { title: twice ? 'mm, cropped' : 'mm', digits: 2, tables: tre },
    { title: 'mm, exact', digits: 2, tables: twice ? treExact : undefined },
    { title: 'Dice', digits: 3, tables: dice },
    { title: '% folded', digits: 3, tables: folding },
    // An error for pairs without landmarks.
    { title: 'mm from optimised', digits: 2, tables: tre || treExact ? undefined : fromOptimised },
  ].filter(({ tables }) => tables !== undefined);
  const methods = METHODS.filter((method) => columns.some(({ tables }) => tables![method]));
  const rows = methods.map((method) => [
    names[method],
    ...columns.map(({ tables, digits }) => tables![method]?.mean.toFixed(digits) ?? ''),
  ]);
  if (constantMeanDisplacement) {
    rows.push([
      'constant mean displacement',
      constantMeanDisplacement.mean.toFixed(2),
      ...columns.slice(1).map(() => ''),
    ]);
  }
  const count = Object.keys(dice?.before?.cases ?? {}).length;
  const head = [`mean of ${count} held-out pair${count === 1 ? '' : 's'}`, ...columns.map(({ title }) => title)];
  return alignColumns([head, ...rows]);
}

/** The figures of an assessment as a table: synthetic beside real, the bounds, and what is outside of them. */
export function assessmentText(criteria: readonly Criterion[]): string {
  const value = ({ digits }: Criterion, mean = NaN, deviation?: number): string => {
    if (!Number.isFinite(mean)) return '-';
    return `${mean.toFixed(digits)}${deviation === undefined ? '' : ` ± ${deviation.toFixed(digits)}`}`;
  };
  const rows = criteria.map((one) => [
    `${one.title}${one.unit && `, ${one.unit}`}`,
    value(one, one.real, one.realDeviation),
    value(one, one.synthetic, one.syntheticDeviation),
    boundsText({ ...one, unit: '' }),
    one.passed ? 'within' : 'OUTSIDE',
  ]);
  return alignColumns([['mean ± s.d. over pairs', 'real', 'synthetic', 'bounds', ''], ...rows]);
}

function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
