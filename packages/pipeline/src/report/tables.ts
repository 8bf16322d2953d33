import { decimal, escapeText } from './format';
import { METHODS, type Method, type MethodTables } from './summary';

/** What methods are called in the report. */
export const METHOD_NAMES: Readonly<Record<Method, string>> = {
  before: 'Before',
  networkReal: 'Real pairs',
  network: 'Synthetic pairs',
  tta: 'Synthetic + TTA',
  refined: 'Synthetic + optimisation',
  optimise: 'Optimisation',
};

/** The same where room is short. */
export const METHOD_SHORT_NAMES: Readonly<Record<Method, string>> = {
  before: 'Before',
  networkReal: 'Real',
  network: 'Synthetic',
  tta: '+ TTA',
  refined: '+ optim.',
  optimise: 'Optimised',
};

/** The methods a set of tables has, in the report's order. */
export function methodsOf(tables: MethodTables | undefined): Method[] {
  return METHODS.filter((method) => tables?.[method] !== undefined);
}

/** A cell of a row: text, or a number's place taken by ready-made markup. */
export type Cell = string | { readonly html: string; readonly className?: string };

/**
 * A table with a caption and scoped headings, in a container that scrolls sideways on narrow screens. The first cell of
 * a row is its heading.
 *
 * @param options.heads one for each column; a class may be given as with cells
 */
export function table(options: {
  readonly caption: string;
  readonly heads: readonly Cell[];
  readonly rows: readonly (readonly Cell[])[];
  readonly foot?: readonly Cell[];
}): string {
  const line = (cells: readonly Cell[]): string =>
    `<tr>${cells.map((cell, n) => (n === 0 ? element('th', cell, ' scope="row"') : element('td', cell))).join('')}</tr>`;
  const heads = options.heads.map((cell) => element('th', cell, ' scope="col"')).join('');
  const foot = options.foot ? `<tfoot>${line(options.foot)}</tfoot>` : '';
  return (
    `<div class="scroll" tabindex="0" role="region" aria-label="${escapeText(options.caption)}"><table>` +
    `<caption>${escapeText(options.caption)}</caption>` +
    `<thead><tr>${heads}</tr></thead><tbody>${options.rows.map(line).join('')}</tbody>${foot}</table></div>`
  );
}

function element(tag: 'th' | 'td', cell: Cell, attributes = ''): string {
  if (typeof cell === 'string') return `<${tag}${attributes}>${escapeText(cell)}</${tag}>`;
  const className = cell.className ? ` class="${cell.className}"` : '';
  return `<${tag}${attributes}${className}>${cell.html}</${tag}>`;
}

/**
 * Errors in mm: a row for each case, a column for each method, the least of a row in bold, and the landmark-weighted
 * mean at the foot. An empty text when nothing was evaluated.
 */
export function errorTable(caption: string, tables: MethodTables | undefined): string {
  const methods = methodsOf(tables);
  if (methods.length === 0) return '';
  const ids = [...new Set(methods.flatMap((method) => Object.keys(tables![method]!.cases)))].sort(byNumber);
  const row = (name: string, values: readonly (number | undefined)[]): Cell[] => [name, ...bestInBold(values)];
  return table({
    caption,
    heads: ['Case', ...methods.map((method) => METHOD_NAMES[method])],
    rows: ids.map((id) =>
      row(
        id,
        methods.map((method) => tables![method]!.cases[id]),
      ),
    ),
    foot: row(
      'Landmark-weighted mean',
      methods.map((method) => tables![method]!.mean),
    ),
  });
}

/** Cells with two decimals; the least, and what reads the same, in bold. */
export function bestInBold(values: readonly (number | undefined)[]): Cell[] {
  const finite = values.filter((value): value is number => value !== undefined && Number.isFinite(value));
  const best = decimal(Math.min(...finite));
  return values.map((value) => {
    const text = decimal(value);
    return finite.length > 1 && text === best ? { html: `<b>${text}</b>` } : text;
  });
}

/** Orders `case_2` before `case_10`. */
export function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
