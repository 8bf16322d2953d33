import { METHODS, type Method, type MethodTables, type Summary } from '@paired3d/pipeline';

const names: Readonly<Record<Method, string>> = {
  before: 'before registration',
  networkReal: 'network trained on real pairs',
  network: 'network trained on synthetic pairs',
  tta: 'the same, adapted to each pair',
};

interface Column {
  readonly title: string;
  readonly digits: number;
  readonly tables: MethodTables | undefined;
}

/** The figures of a run as a small table: a row for each method, landmark errors in mm and overlap. */
export function resultsText({ registration }: Summary): string {
  const { tre, treExact, dice, folding, constantMeanDisplacement } = registration;
  // A phantom's cropped and exact landmarks are the same.
  const twice = JSON.stringify(tre) !== JSON.stringify(treExact);
  const columns: Column[] = [
    { title: twice ? 'mm, cropped' : 'mm', digits: 2, tables: tre },
    { title: 'mm, exact', digits: 2, tables: twice ? treExact : undefined },
    { title: 'Dice', digits: 3, tables: dice },
    { title: '% folded', digits: 3, tables: folding },
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
