import { NnError } from './errors';

/** Factors in [0, 1] by which a learning rate is multiplied at a step (counted from 0). */

/** Linear from 1/steps to 1 over the first `steps` steps, then 1. */
export const warmup = (step: number, steps: number): number => (steps > 0 ? Math.min(1, (step + 1) / steps) : 1);

/** Half a cosine from 1 at step 0 to 0 at `total`. */
export const cosine = (step: number, total: number): number =>
  0.5 * (1 + Math.cos((Math.PI * Math.min(step, total)) / total));

/**
 * Cosine annealing with warm restarts (SGDR, Loshchilov and Hutter 2017, eq. 5), as PyTorch's
 * `CosineAnnealingWarmRestarts(T_0, T_mult)` with minimum 0: the period starts at `t0` and grows by `tMult`.
 * @throws NnError when the period is not positive, or shrinks
 */
export function cosineWarmRestarts(step: number, t0: number, tMult = 1): number {
  if (!(t0 > 0 && tMult >= 1)) {
    const got = `t0 ${t0}, tMult ${tMult}`;
    throw new NnError('cosineWarmRestarts', 't0 above 0 and tMult of at least 1', got, 'correct the schedule');
  }
  let period = t0;
  let since = step;
  while (since >= period) {
    since -= period;
    period *= tMult;
  }
  return 0.5 * (1 + Math.cos((Math.PI * since) / period));
}
