import { makeAxis, type Axis, type Scale } from './axis';
import { axisTitle, extent, frame, grid, legend, round, xPixel, xTicks, yPixel } from './chart-frame';
import { movingAverage, thinned } from './statistics';

/** One line of a line chart. */
export interface LineSeries {
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** How many points of a curve are drawn at most. */
const CURVE_POINTS = 240;

/**
 * Curves over steps: each faint as measured, and on top of it its moving average.
 *
 * Colours, both light and dark, come from the page's classes `ink-0`, `ink-1`, …; the chart scales to its container.
 *
 * @param options.scale the y axis; by default logarithmic when all values are positive and span more than a decade
 * @param options.window width of the moving average in samples; by default a 25th of the curve
 * @returns an `<svg>` element as text, or an empty text when there is nothing finite to draw
 */
export function lineChart(
  series: readonly LineSeries[],
  options: {
    readonly label: string;
    readonly xLabel?: string;
    readonly yLabel?: string;
    readonly scale?: Scale;
    readonly window?: number;
  },
): string {
  const curves = series.map(finitePoints).filter((curve) => curve.y.length > 0);
  if (curves.length === 0) return '';
  const smooth = curves.map(({ y }) => movingAverage(y, options.window ?? Math.max(1, Math.ceil(y.length / 25))));

  const all = curves.flatMap(({ y }) => y);
  const [low, high] = extent(all);
  const [lowSmooth, highSmooth] = extent(smooth.flat());
  const scale = options.scale ?? (low > 0 && highSmooth / lowSmooth > 10 ? 'log' : 'linear');
  const safe = scale === 'log' && low > 0 ? 'log' : 'linear';
  // An axis from zero, where that does not squeeze the curve, shows how much is left.
  const from = safe === 'linear' && low > 0 && low < 0.4 * high ? 0 : low;
  const yAxis = makeAxis(from, high, { scale: safe });
  const [first, last] = extent(curves.flatMap(({ x }) => x));
  const xAxis = makeAxis(first, last, { rounded: false });

  const lines = curves.map((curve, n) => {
    const raw = path(curve.x, curve.y, xAxis, yAxis);
    const average = path(curve.x, smooth[n], xAxis, yAxis);
    return `<g class="ink-${n % 6}"><path class="raw" d="${raw}"/><path class="curve" d="${average}"/></g>`;
  });
  return frame(options.label, [
    grid(yAxis),
    xTicks(xAxis),
    axisTitle(options.xLabel ?? 'step', options.yLabel ?? ''),
    ...lines,
    legend(curves.map((curve, n) => ({ name: curve.name, className: `ink-${n % 6}` }))),
  ]);
}

function path(xs: readonly number[], ys: readonly number[], xAxis: Axis, yAxis: Axis): string {
  const points = thinned(
    xs.map((x, n) => [x, ys[n]] as const),
    CURVE_POINTS,
  );
  return points
    .map(([x, y], n) => `${n === 0 ? 'M' : 'L'}${round(xPixel(x, xAxis))} ${round(yPixel(y, yAxis))}`)
    .join('');
}

function finitePoints({ name, x, y }: LineSeries): LineSeries {
  const kept = x.map((_, n) => n).filter((n) => Number.isFinite(x[n]) && Number.isFinite(y[n]));
  return { name, x: kept.map((n) => x[n]), y: kept.map((n) => y[n]) };
}
