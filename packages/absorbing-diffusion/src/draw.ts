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
  if (!Number.isFinite(total)) {
    throw new DiffusionError('sample', 'finite logits', `a sum of ${total}`, 'use a denoiser whose training converged');
  }
  if (topP < 1) total = keepLikeliest(weights, topP * total);
  let [code, last] = [-1, 0];
  for (let left = random.uniform() * total; left >= 0 && ++code < weights.length; left -= weights[code]) {
    if (weights[code] > 0) last = code;
  }
  // Rounding may leave a little; then it is the last code that is possible.
  code = Math.min(code, last);
  return { code: from + code, probability: weights[code] / total };
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
