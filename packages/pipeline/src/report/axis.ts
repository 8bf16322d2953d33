import { tickLabel } from './format';

/** How values are laid along an axis. */
export type Scale = 'linear' | 'log';

/** An axis: what it spans, where its ticks are, and how a value becomes a position in [0, 1]. */
export interface Axis {
  readonly scale: Scale;
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
  position(value: number): number;
}

/**
 * Round values (1, 2 or 5 times a power of ten apart) from `from` to `to`, both inside.
 *
 * @param wanted about how many
 */
export function linearTicks(from: number, to: number, wanted = 5): { step: number; values: number[] } {
  const rough = (to - from) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((candidate) => candidate >= rough * 0.999)!;
  const values: number[] = [];
  for (let n = Math.ceil(from / step - 1e-9); n * step <= to + step * 1e-9; n++) {
    values.push(Number((n * step).toPrecision(12)));
  }
  return { step, values };
}

/** Powers of ten within the span; with fewer than three of them also their 2- and 5-fold. */
export function logTicks(from: number, to: number): number[] {
  const span = Math.log10(to / from);
  const mantissas = span < 2.5 ? [1, 2, 5] : [1];
  const skip = span > 8 ? 2 : 1;
  const values: number[] = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power += skip) {
    for (const mantissa of mantissas) {
      const value = Number(`${mantissa}e${power}`);
      if (value >= from * 0.9999 && value <= to * 1.0001) values.push(value);
    }
  }
  return values;
}

/**
 * An axis over the given span.
 *
 * @param options.rounded widen a linear span to whole ticks, a logarithmic one by a tenth of a decade
 */
export function makeAxis(
  from: number,
  to: number,
  { scale = 'linear', wanted = 5, rounded = true }: { scale?: Scale; wanted?: number; rounded?: boolean } = {},
): Axis {
  if (!(to > from)) {
    // A single value: give it some room to stand in.
    const room = scale === 'log' ? from / 2 : Math.abs(from) / 2 || 0.5;
    [from, to] = [from - room, to + room];
  }
  if (scale === 'log') {
    const [low, high] = rounded ? [from / 1.25, to * 1.25] : [from, to];
    return {
      scale,
      from: low,
      to: high,
      ticks: logTicks(low, high).map((value) => ({ value, label: tickLabel(value, leadingStep(value)) })),
      position: (value) => Math.log(value / low) / Math.log(high / low),
    };
  }
  let { step, values } = linearTicks(from, to, wanted);
  let [low, high] = [from, to];
  if (rounded) {
    low = Math.floor(from / step + 1e-9) * step;
    high = Math.ceil(to / step - 1e-9) * step;
    ({ step, values } = { step, values: linearTicksAt(low, high, step) });
  }
  return {
    scale,
    from: low,
    to: high,
    ticks: values.map((value) => ({ value, label: tickLabel(value, step) })),
    position: (value) => (value - low) / (high - low),
  };
}

function linearTicksAt(low: number, high: number, step: number): number[] {
  return Array.from({ length: Math.round((high - low) / step) + 1 }, (_, n) =>
    Number((low + n * step).toPrecision(12)),
  );
}

/** The power of ten of a value's first digit. */
function leadingStep(value: number): number {
  return 10 ** Math.floor(Math.log10(value) + 1e-9);
}
