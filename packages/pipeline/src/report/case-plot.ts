import { makeAxis } from './axis';
import { HEIGHT, MARGIN, PLOT, axisTitle, extent, frame, grid, legend, round, yPixel } from './chart-frame';
import { escapeText } from './format';

/** What one method reached on each case; the order of `values` is that of the plot's `cases`. */
export interface CaseSeries {
  readonly name: string;
  readonly className: string;
  readonly values: readonly (number | undefined)[];
}

/**
 * A dot for each case and method, the dots of a case joined by a line: how far each method moved each case.
 *
 * @param cases short names below the axis; every n-th one where they would not fit
 * @returns an `<svg>` element as text, or an empty text when there is nothing finite to draw
 */
export function casePlot(
  cases: readonly string[],
  series: readonly CaseSeries[],
  options: { readonly label: string; readonly yLabel?: string; readonly xLabel?: string },
): string {
  const finite = (value: number | undefined): value is number => value !== undefined && Number.isFinite(value);
  const all = series.flatMap(({ values }) => values.filter(finite));
  if (all.length === 0) return '';
  const [low, high] = extent(all);
  const yAxis = makeAxis(Math.min(0, low), high || 1);
  const slot = PLOT.width / cases.length;
  const longest = Math.max(...cases.map((name) => name.length));
  const every = Math.ceil((longest * 7.5 + 8) / slot);
  const y = (value: number): number => round(yPixel(value, yAxis));

  const columns = cases.map((name, n) => {
    const x = round(MARGIN.left + (n + 0.5) * slot);
    const values = series.map(({ values }) => values[n]).filter(finite);
    if (values.length === 0) return '';
    const [least, greatest] = extent(values);
    const label = `<text class="tick" x="${x}" y="${HEIGHT - MARGIN.bottom + 18}" text-anchor="middle">${escapeText(name)}</text>`;
    return `<path class="grid" d="M${x} ${y(least)}V${y(greatest)}"/>${n % every === 0 ? label : ''}`;
  });
  const dots = series.map(({ className, values }) => {
    const circles = values.map((value, n) =>
      finite(value)
        ? `<circle class="dot" cx="${round(MARGIN.left + (n + 0.5) * slot)}" cy="${y(value)}" r="${slot < 14 ? 3 : 4.5}"/>`
        : '',
    );
    return `<g class="${escapeText(className)}">${circles.join('')}</g>`;
  });
  return frame(options.label, [
    grid(yAxis),
    axisTitle(options.xLabel ?? 'case', options.yLabel ?? ''),
    ...columns,
    ...dots,
    legend(series.map(({ name, className }) => ({ name, className, mark: 'dot' }))),
  ]);
}
