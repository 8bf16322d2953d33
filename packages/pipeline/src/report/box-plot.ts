import { makeAxis, type Axis } from './axis';
import { HEIGHT, MARGIN, PLOT, WIDTH, axisTitle, extent, frame, grid, legend, round, yPixel } from './chart-frame';
import { decimal, escapeText } from './format';
import { boxStatistics, thinned, type BoxStatistics } from './statistics';

/** One box of a box plot; `className` chooses its colour, e.g. `ink-network`. */
export interface BoxGroup {
  readonly name: string;
  readonly values: readonly number[];
  readonly className?: string;
}

/** A value to compare with, drawn as a dashed line. */
export interface Reference {
  readonly name: string;
  readonly value: number;
}

/** How many points of a box are drawn at most. */
const BOX_POINTS = 160;

/**
 * A Tukey box for each group (quartiles, median, whiskers within 1.5 interquartile ranges, a diamond at the mean) over
 * its points; how many lie above the axis is said. The points are spread sideways by a fixed low-discrepancy sequence: the same data give the same picture.
 *
 * @returns an `<svg>` element as text, or an empty text when no group has finite values
 */
export function boxPlot(
  groups: readonly BoxGroup[],
  options: { readonly label: string; readonly yLabel?: string; readonly reference?: Reference },
): string {
  const boxes = groups
    .map((group) => ({ group, box: boxStatistics(group.values) }))
    .filter((entry): entry is { group: BoxGroup; box: BoxStatistics } => entry.box !== undefined);
  if (boxes.length === 0) return '';
  // A few far outliers would press the boxes flat: the axis ends a little above the highest whisker.
  const whiskers = boxes.flatMap(({ box }) => [box.mean, box.upperWhisker + 0.25 * (box.upperWhisker - box.median)]);
  const [low] = extent(boxes.map(({ box }) => box.minimum));
  const [, high] = extent([...whiskers, options.reference?.value ?? -Infinity]);
  const [, maximum] = extent(boxes.map(({ box }) => box.maximum));
  const yAxis = makeAxis(Math.min(0, low), Math.min(high, maximum) || 1);
  const slot = PLOT.width / boxes.length;
  const drawn = boxes.map(({ group, box }, n) => {
    const centre = MARGIN.left + (n + 0.5) * slot;
    const below = `x="${round(centre)}" text-anchor="middle"`;
    return (
      `<g class="${escapeText(group.className ?? `ink-${n % 6}`)}">${oneBox(group.values, box, centre, slot, yAxis)}` +
      `<text class="tick" ${below} y="${HEIGHT - MARGIN.bottom + 18}">${escapeText(group.name)}</text>` +
      `<text class="value" ${below} y="${HEIGHT - MARGIN.bottom + 35}">${decimal(box.mean)}</text></g>`
    );
  });
  const reference = options.reference ? referenceLine(options.reference, yAxis) : '';
  return frame(options.label, [grid(yAxis), axisTitle('', options.yLabel ?? ''), reference, ...drawn]);
}

function oneBox(values: readonly number[], box: BoxStatistics, centre: number, slot: number, axis: Axis): string {
  const half = Math.min(30, slot * 0.28);
  const y = (value: number): number => round(yPixel(value, axis));
  const [left, right] = [round(centre - half), round(centre + half)];
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const inside = sorted.filter((value) => value <= axis.to);
  const above = sorted.length - inside.length;
  const points = thinned(inside, BOX_POINTS).map((value, n) => {
    // Multiples of the golden ratio never cluster, so neighbours in value stand apart.
    const aside = (((n + 1) * 0.6180339887) % 1) * 2 - 1;
    return `<circle cx="${round(centre + aside * half * 0.9)}" cy="${y(value)}" r="2"/>`;
  });
  const [x, q1, q3] = [round(centre), y(box.lowerQuartile), y(box.upperQuartile)];
  const beyond = `<text class="above" x="${x}" y="${MARGIN.top + 4}" text-anchor="middle">${above} above</text>`;
  return (
    `${above > 0 ? beyond : ''}<g class="points">${points.join('')}</g>` +
    `<path class="whisker" d="M${x} ${y(box.lowerWhisker)}V${q1}M${x} ${q3}V${y(box.upperWhisker)}"/>` +
    `<rect class="box" x="${left}" y="${q3}" width="${round(right - left)}" height="${round(Math.max(1, q1 - q3))}" rx="2"/>` +
    `<path class="median" d="M${left} ${y(box.median)}H${right}"/>` +
    `<path class="mean" d="M${x} ${round(y(box.mean) - 4)}l4 4l-4 4l-4 -4z"/>`
  );
}

/** The dashed line, with its name above the plot: inside, it would cover points. */
function referenceLine({ value, name }: Reference, axis: Axis): string {
  const position = axis.position(value);
  if (!(position >= 0 && position <= 1)) return '';
  const line = `<path class="reference" d="M${MARGIN.left} ${round(yPixel(value, axis))}H${WIDTH - MARGIN.right}"/>`;
  return line + legend([{ name: `${name} ${decimal(value)}`, className: 'ink-before', mark: 'reference' }]);
}
