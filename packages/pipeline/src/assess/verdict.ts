import type { Criterion } from './criteria';

/** Whether synthetic pairs look and move like real ones, in one line. */
export interface Verdict {
  readonly passed: boolean;
  /** `plausible: …` or `not plausible: …` with each figure that fails and its bounds. */
  readonly line: string;
}

/**
 * The verdict of all criteria.
 * @param same how many synthetic pairs are real ones, value for value
 */
export function verdictOf(criteria: readonly Criterion[], same = 0): Verdict {
  const note = same > 0 ? `; ${same} of the pairs are real ones, value for value` : '';
  const failing = criteria.filter(({ passed }) => !passed);
  if (failing.length === 0) {
    return { passed: true, line: `plausible: all ${criteria.length} figures are within their bounds${note}` };
  }
  const list = failing.map((one) => `${one.title} ${shown(one, one.synthetic)} (${boundsText(one)})`).join(', ');
  return {
    passed: false,
    line: `not plausible: ${failing.length} of ${criteria.length} figures are not within their bounds: ${list}${note}`,
  };
}

/** The bounds of a criterion: `0.46 to 0.71 mm`, `at least 0.85`, `at most 0`. */
export function boundsText(one: Pick<Criterion, 'least' | 'most' | 'digits' | 'unit'>): string {
  const { least, most } = one;
  const number = (value: number) => (Number.isFinite(value) ? value.toFixed(one.digits) : '–');
  if (least === undefined) return most === 0 ? 'none' : `at most ${shown(one, most)}`;
  if (most === undefined) return `at least ${shown(one, least)}`;
  return `${number(least)} to ${shown(one, most)}`;
}

/** A value with its unit; a dash when there is none. */
export function shown({ digits, unit }: Pick<Criterion, 'digits' | 'unit'>, value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  return `${value.toFixed(digits)}${unit && ` ${unit}`}`;
}
