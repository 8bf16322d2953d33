import type { Axis } from './axis';
import { escapeText } from './format';

// The drawing area in SVG units. Text has a fixed size in the same units, so this is also how large it looks: narrow
// enough to be read on a telephone, where the chart is as wide as the screen.
export const WIDTH = 460;
export const HEIGHT = 270;
export const MARGIN = { left: 50, right: 14, top: 26, bottom: 42 };
export const PLOT = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };

/** An `<svg>` of the drawing area that scales to its container. */
export function frame(label: string, parts: readonly string[], height = HEIGHT): string {
  return (
    `<svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeText(label)}">` +
    `${parts.join('')}</svg>`
  );
}

/** Horizontal lines at the ticks of the y axis, and their labels. */
export function grid(axis: Axis): string {
  return axis.ticks
    .map(({ value, label }) => {
      const y = round(yPixel(value, axis));
      return (
        `<path class="grid" d="M${MARGIN.left} ${y}H${WIDTH - MARGIN.right}"/>` +
        `<text class="tick" x="${MARGIN.left - 8}" y="${y}" dy=".35em" text-anchor="end">${escapeText(label)}</text>`
      );
    })
    .join('');
}

/** The x axis with ticks and labels, at the height `base`. */
export function xTicks(axis: Axis, base = HEIGHT - MARGIN.bottom): string {
  const ticks = axis.ticks.map(({ value, label }) => {
    const x = round(xPixel(value, axis));
    return (
      `<path class="axis" d="M${x} ${base}v4"/>` +
      `<text class="tick" x="${x}" y="${base + 18}" text-anchor="middle">${escapeText(label)}</text>`
    );
  });
  return `<path class="axis" d="M${MARGIN.left} ${base}H${WIDTH - MARGIN.right}"/>${ticks.join('')}`;
}

/** What the axes measure: x below the plot, y above its axis. */
export function axisTitle(x: string, y: string): string {
  const below = `<text class="tick" x="${MARGIN.left + PLOT.width / 2}" y="${HEIGHT - 6}" text-anchor="middle">`;
  return (
    (x ? `${below}${escapeText(x)}</text>` : '') + (y ? `<text class="tick" x="4" y="13">${escapeText(y)}</text>` : '')
  );
}

/** A name in a legend: `className` is its colour, `mark` the class of its stroke (a solid curve by default) or `dot`. */
export interface LegendEntry {
  readonly name: string;
  readonly className: string;
  readonly mark?: 'curve' | 'reference' | 'dot';
}

/** Units between two names of a legend, and of a letter. */
const [GAP, LETTER] = [10, 6.6];

/** Names with a stroke of their colour, right-aligned above the plot. Widths are estimated: SVG does not lay out text. */
export function legend(entries: readonly LegendEntry[]): string {
  const shortened = entries.map((entry) => ({
    ...entry,
    name: entry.name.length > 28 ? `${entry.name.slice(0, 27)}…` : entry.name,
  }));
  const textAt = ({ mark }: LegendEntry) => (mark === 'dot' ? 12 : 19);
  const widths = shortened.map((entry) => textAt(entry) + GAP + entry.name.length * LETTER);
  let x = Math.max(MARGIN.left, WIDTH - MARGIN.right - widths.reduce((a, b) => a + b, 0) + GAP);
  return shortened
    .map((entry, n) => {
      const { name, className, mark = 'curve' } = entry;
      const item =
        `<g class="${className}">${mark === 'dot' ? `<circle class="dot" cx="${round(x + 4)}" cy="9" r="4"/>` : `<path class="${mark}" d="M${round(x)} 9h14"/>`}` +
        `<text class="legend" x="${round(x + textAt(entry))}" y="13">${escapeText(name)}</text></g>`;
      x += widths[n];
      return item;
    })
    .join('');
}

/** The least and the greatest value. */
export function extent(values: readonly number[]): [number, number] {
  return values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
}

export const xPixel = (value: number, axis: Axis): number => MARGIN.left + axis.position(value) * PLOT.width;
export const yPixel = (value: number, axis: Axis): number => MARGIN.top + (1 - axis.position(value)) * PLOT.height;
export const round = (value: number): number => Math.round(value * 10) / 10;
