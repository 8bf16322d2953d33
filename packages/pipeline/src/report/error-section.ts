import { boxPlot } from './box-plot';
import { casePlot } from './case-plot';
import { decimal } from './format';
import { mainErrors } from './headline';
import { METHOD_NAMES, METHOD_SHORT_NAMES, byNumber, errorTable, methodsOf, table } from './tables';
import type { ReportData } from './types';

/** Charts and tables of what registration reached on the held-out pairs; an empty text when nothing was evaluated. */
export function errorSection(data: ReportData): string {
  const { tre, treExact } = data.summary.registration;
  const tables = [
    errorTable('Landmark error in mm, cropped landmarks', tre),
    errorTable('Landmark error in mm, exact landmarks', treExact),
    qualityTable(data),
  ].filter(Boolean);
  const plot = errorPlot(data);
  if (tables.length === 0 && !plot) return '';
  return (
    '<p class="lead">Distance between where registration puts a landmark and where it is. The least of a row is bold; ' +
    'TTA is test-time adaptation to each pair.</p>' +
    `${plot ? `<div class="charts">${plot}</div><h3>By case</h3>` : ''}<div class="tables">${tables.join('')}</div>`
  );
}

function errorPlot(data: ReportData): string {
  const { landmarkErrors, constantMeanDisplacement: constant } = data.summary.registration;
  const tables = mainErrors(data.summary);
  const single = landmarkErrors && Object.keys(landmarkErrors).length > 0 ? landmarkErrors : undefined;
  const methods = methodsOf(tables).filter((method) => !single || single[method]);
  const groups = methods.map((method) => ({
    name: METHOD_SHORT_NAMES[method],
    className: `ink-${method}`,
    values: single ? Object.values(single[method]!).flat() : Object.values(tables![method]!.cases),
  }));
  const unit = single ? 'landmarks' : 'cases';
  const box = boxPlot(groups, {
    label: `Box plot of the error in mm over ${unit}: ${methods.map((method) => METHOD_NAMES[method]).join(', ')}`,
    yLabel: 'mm',
    reference: constant && { value: constant.mean, name: 'constant displacement' },
  });
  if (!box) return '';
  const ids = [...new Set(methods.flatMap((method) => Object.keys(tables![method]!.cases)))].sort(byNumber);
  const cases = casePlot(
    // `case_002` and its like differ in their number only.
    ids.map((id) => id.replace(/^\D+(?=\d+$)/, '')),
    methods.map((method) => ({
      name: METHOD_SHORT_NAMES[method],
      className: `ink-${method}`,
      values: ids.map((id) => tables![method]!.cases[id]),
    })),
    { label: 'Mean error in mm of each case by method', yLabel: 'mm' },
  );
  return (
    `<figure><figcaption>Error over ${unit}; below each box its mean (◇)</figcaption>${box}</figure>` +
    `<figure><figcaption>Mean error of each case</figcaption>${cases}</figure>`
  );
}

function qualityTable(data: ReportData): string {
  const { dice, folding, inverseConsistency } = data.summary.registration;
  const rows = [
    { name: 'Dice', tables: dice, digits: 3 },
    { name: 'Folded voxels, %', tables: folding, digits: 3 },
    { name: 'Inverse consistency, mm', tables: inverseConsistency, digits: 3 },
  ].filter(({ tables }) => methodsOf(tables).length > 0);
  if (rows.length === 0) return '';
  const used = methodsOf(Object.assign({}, ...rows.map(({ tables }) => tables)));
  return table({
    caption: 'Overlap and regularity, mean over cases',
    heads: ['', ...used.map((method) => METHOD_NAMES[method])],
    rows: rows.map(({ name, tables, digits }) => [name, ...used.map((m) => decimal(tables?.[m]?.mean, digits))]),
  });
}
