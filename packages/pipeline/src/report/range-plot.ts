import { makeAxis } from './axis';
import { MARGIN, extent, frame, round, xPixel, xTicks } from './chart-frame';
import { decimal, escapeText } from './format';
import { thinned } from './statistics';

/** The values of one kind of item, e.g. of real pairs; `className` is their colour. */
export interface RangeRow {
  readonly name: string;
  readonly className: string;
  readonly values: readonly number[];
}

const ROW = 40;
const DOTS = 200;

/**
 * A row of dots for each kind, one a value and a diamond at the mean, over the range in which the mean should lie. Dots are
 * spread up and down by a fixed low-discrepancy sequence: the same data give the same picture.
 *
 * @param options.least where the range begins, and `most` where it ends; one alone is open on the other side
 * @returns an `<svg>` element as text, or an empty text when there is nothing finite to draw
 */
export function rangePlot(
  rows: readonly RangeRow[],
  options: { readonly label: string; readonly digits?: number; readonly least?: number; readonly most?: number },
): string {
  const { label, digits = 2, least, most } = options;
  const finite = rows.map((row) => ({ ...row, values: row.values.filter(Number.isFinite) }));
  const ends = [least, most].filter((value): value is number => value !== undefined && Number.isFinite(value));
  const all = finite.flatMap(({ values }) => values);
  if (all.length === 0) return '';
  const axis = makeAxis(...extent([...all, ...ends]), { wanted: 5 });
  const height = MARGIN.top + rows.length * ROW + 24;
  const base = height - 24;
  const at = (value: number): number => round(xPixel(value, axis));
  const [from, to] = [least ?? axis.from, most ?? axis.to].map(at);
  const range =
    ends.length > 0
      ? `<rect class="range" x="${from}" y="${MARGIN.top}" width="${round(Math.max(1, to - from))}" height="${base - MARGIN.top}"/>`
      : '';
  const drawn = finite.map(({ name, className, values }, n) => {
    const middle = MARGIN.top + (n + 0.5) * ROW;
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const dots = thinned(
      [...values].sort((a, b) => a - b),
      DOTS,
    ).map((value, m) => {
      const aside = (((m + 1) * 0.6180339887) % 1) * 2 - 1;
      return `<circle cx="${at(value)}" cy="${round(middle + aside * ROW * 0.3)}" r="3"/>`;
    });
    const x = at(mean);
    return (
      `<g class="${escapeText(className)}"><text class="row" x="${MARGIN.left - 6}" y="${middle}" dy=".35em" text-anchor="end">${escapeText(name)}</text>` +
      `<g class="points">${dots.join('')}</g>` +
      (values.length > 0
        ? `<path class="mean" d="M${x} ${round(middle - 6)}l6 6l-6 6l-6 -6z"><title>${decimal(mean, digits)}</title></path>`
        : '') +
      '</g>'
    );
  });
  return frame(label, [range, xTicks(axis, base), ...drawn], height);
}
