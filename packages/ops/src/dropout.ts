import * as tf from '@tensorflow/tfjs-core';
import { OpsError } from './errors';
import { withGradient } from './gradient';

/** Which elements dropout zeroes: the same for the same seed, however the tensor is cut into blocks. */
export interface DropoutMask {
  /** share of elements that become 0, in [0, 1) */
  readonly rate: number;
  /** 32 bits */
  readonly seed: number;
}

/**
 * Inverted dropout (Srivastava et al., 2014): elements become 0 with probability `rate`, the others are divided by
 * 1 - rate. Element i stays if mix(mix(i) xor seed) / 2^32 is not below the rate, mix being MurmurHash3's finaliser.
 *
 * @param x any shape.
 * @throws OpsError when the rate is not in [0, 1).
 */
export function dropout<T extends tf.Tensor>(x: T, mask: DropoutMask): T {
  checkRate('dropout', mask);
  const apply = (y: tf.Tensor) => tf.tidy(() => tf.mul(y, tf.tensor(keep(mask, 0, y.size), y.shape)));
  return withGradient<T>([x], () => ({ value: apply(x) as T, gradient: (dy) => [apply(dy)] }));
}

/** Factors of the elements `start` to `start + count`: 0 or 1 / (1 - rate). */
export function keep({ rate, seed }: DropoutMask, start: number, count: number): Float32Array {
  const factors = new Float32Array(count);
  const factor = 1 / (1 - rate);
  const least = rate * 2 ** 32;
  for (let i = 0; i < count; i++) if (mix(mix(start + i) ^ seed) >>> 0 >= least) factors[i] = factor;
  return factors;
}

/** @throws OpsError when the rate is not in [0, 1) */
export function checkRate(op: string, { rate }: DropoutMask): void {
  if (!(rate >= 0 && rate < 1)) throw new OpsError(op, 'a rate in [0, 1)', `${rate}`, 'change the rate');
}

function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
