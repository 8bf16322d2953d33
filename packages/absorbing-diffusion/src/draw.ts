import type { Random } from '@paired3d/nn';
import { DiffusionError } from './config';

/** A code drawn for a token, and how likely it was. */
export interface DrawnCode {
  readonly code: number;
  readonly probability: number;
}

/** What a code is drawn from. */
export interface DrawOptions {
  readonly temperature: number;
  /** codes [from, end) that may be drawn */
  readonly range: readonly [from: number, end: number];
  /** only the likeliest codes whose probabilities reach this sum, 1 = all (Holtzman et al., 2020) */
  readonly topP: number;
}

/**
 * A code with probability softmax(logits / temperature), by inversion in double precision.
 * @param logits of the token at `start`
 * @throws DiffusionError when they are no numbers
 */
export function drawCode(logits: Float32Array, start: number, options: DrawOptions, random: Random): DrawnCode {
  const { temperature, range, topP } = options;
  const [from, end] = range;
  const weights = new Float64Array(end - from);
  let max = -Infinity;
  for (let i = from; i < end; i++) max = Math.max(max, logits[start + i]);
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    total += weights[i] = Math.exp((logits[start + from + i] - max) / temperature);
  }
  requireFinite(total);
  if (topP < 1) total = keepLikeliest(weights, topP * total);
  const code = inverted(weights, total, random);
  return { code: from + code, probability: weights[code] / total };
}

/** What a code is drawn from when one is told apart. */
export interface DrawApartOptions {
  /** divides the logits of the other codes */
  readonly temperature: number;
  /** divides the log odds of the code `apart` against all others */
  readonly background: number;
  /** codes [from, end) that may be drawn */
  readonly range: readonly [from: number, end: number];
  readonly apart: number;
}

/**
 * A code drawn in two steps: whether it is the one that is told apart, then which of the others.
 * @param logits of the token at `start`
 * @throws DiffusionError when they are no numbers
 */
export function drawApart(logits: Float32Array, start: number, options: DrawApartOptions, random: Random): number {
  const { temperature, background, range, apart } = options;
  const [from, end] = range;
  let max = -Infinity;
  for (let code = from; code < end; code++) if (code !== apart) max = Math.max(max, logits[start + code]);
  const weights = new Float64Array(end - from);
  let [others, total] = [0, 0];
  for (let code = from; code < end; code++) {
    if (code === apart) continue;
    others += Math.exp(logits[start + code] - max);
    total += weights[code - from] = Math.exp((logits[start + code] - max) / temperature);
  }
  requireFinite(total + logits[start + apart]);
  const odds = (Math.log(others) + max - logits[start + apart]) / background;
  if (random.uniform() < 1 / (1 + Math.exp(odds))) return apart;
  return from + inverted(weights, total, random);
}

/** A place whose weight is positive, drawn with a probability in proportion to it. */
function inverted(weights: Float64Array, total: number, random: Random): number {
  let [place, last] = [-1, 0];
  for (let left = random.uniform() * total; left >= 0 && ++place < weights.length; left -= weights[place]) {
    if (weights[place] > 0) last = place;
  }
  // Rounding may leave a little; then it is the last place that is possible.
  return Math.min(place, last);
}

function requireFinite(total: number): void {
  if (Number.isFinite(total)) return;
  throw new DiffusionError('sample', 'finite logits', `a sum of ${total}`, 'use a denoiser whose training converged');
}

/** Sets all but the largest weights whose sum reaches `sum` to 0; returns the sum of those. */
function keepLikeliest(weights: Float64Array, sum: number): number {
  const sorted = weights.slice().sort();
  let [kept, least] = [0, sorted.length];
  while (least > 0 && kept < sum) kept += sorted[--least];
  const bound = sorted[least];
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] < bound) weights[i] = 0;
    total += weights[i];
  }
  return total;
}
