/** What a box plot draws of a sample. */
export interface BoxStatistics {
  readonly minimum: number;
  readonly maximum: number;
  readonly lowerQuartile: number;
  readonly median: number;
  readonly upperQuartile: number;
  /** The least value not below the lower quartile by more than 1.5 interquartile ranges. */
  readonly lowerWhisker: number;
  /** The greatest value not above the upper quartile by more than 1.5 interquartile ranges. */
  readonly upperWhisker: number;
  readonly mean: number;
  readonly count: number;
}

/** The quantile `p` in [0, 1] of ascending values, linear between order statistics (type 7 of Hyndman and Fan, 1996). */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

/** Tukey's box of the finite values; nothing when there are none. */
export function boxStatistics(values: readonly number[]): BoxStatistics | undefined {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const lowerQuartile = quantile(sorted, 0.25);
  const upperQuartile = quantile(sorted, 0.75);
  const reach = 1.5 * (upperQuartile - lowerQuartile);
  return {
    minimum: sorted[0],
    maximum: sorted[sorted.length - 1],
    lowerQuartile,
    median: quantile(sorted, 0.5),
    upperQuartile,
    lowerWhisker: sorted.find((value) => value >= lowerQuartile - reach)!,
    upperWhisker: sorted.filter((value) => value <= upperQuartile + reach).at(-1)!,
    mean: sorted.reduce((a, b) => a + b, 0) / sorted.length,
    count: sorted.length,
  };
}

/** Mean over a centred window of odd width, cut off at the ends; same length as the values. */
export function movingAverage(values: readonly number[], width: number): number[] {
  const half = Math.max(0, Math.floor((width - 1) / 2));
  const sums = [0];
  for (const value of values) sums.push(sums[sums.length - 1] + value);
  return values.map((_, at) => {
    const from = Math.max(0, at - half);
    const to = Math.min(values.length, at + half + 1);
    return (sums[to] - sums[from]) / (to - from);
  });
}

/** At most `limit` of the items, spread evenly, the first and the last among them. */
export function thinned<T>(items: readonly T[], limit: number): T[] {
  if (items.length <= limit) return [...items];
  return Array.from({ length: limit }, (_, n) => items[Math.round((n * (items.length - 1)) / (limit - 1))]);
}
