import type { Random } from '@paired3d/nn';

/**
 * A batch of token grids with some tokens masked. An item is what has a time of its own: a token grid of T codes, or each
 * image of one.
 */
export interface MaskedBatch {
  /** [B * T], masked tokens replaced by the mask id */
  readonly ids: Int32Array;
  /** flat indices of the masked tokens, ascending */
  readonly masked: Int32Array;
  /** codes behind them */
  readonly labels: Int32Array;
  /** item of the batch each belongs to */
  readonly item: Int32Array;
  /** the time of each item, in (0, 1] */
  readonly times: Float32Array;
}

/**
 * The forward process q(x_t | x_0): each token is absorbed with probability t, t ~ U{1..steps}/steps
 * (paper, section 2.2; Bond-Taylor et al., 2022, eq. 6).
 */
export function maskAtRandomTimes(
  items: readonly ArrayLike<number>[],
  maskId: number,
  random: Random,
  steps = 256,
): MaskedBatch {
  const times = Float32Array.from(items, () => (1 + random.integer(steps)) / steps);
  return mask(items, maskId, times, (item) => {
    const t = times[item];
    return () => random.uniform() < t;
  });
}

/**
 * Masks for the any-order bound: the number of masked tokens is uniform in 1..T, which ones is uniform too
 * (Uria et al., 2014; Hoogeboom et al., 2022, eq. 5).
 */
export function maskAnyOrder(items: readonly ArrayLike<number>[], maskId: number, random: Random): MaskedBatch {
  const length = items[0].length;
  const counts = items.map(() => 1 + random.integer(length));
  const times = Float32Array.from(counts, (count) => count / length);
  return mask(items, maskId, times, (item) => {
    const chosen = new Uint8Array(length);
    const order = random.shuffle(Array.from({ length }, (_, i) => i));
    for (let i = 0; i < counts[item]; i++) chosen[order[i]] = 1;
    return (token) => chosen[token] === 1;
  });
}

function mask(
  items: readonly ArrayLike<number>[],
  maskId: number,
  times: Float32Array,
  chooser: (item: number) => (token: number) => boolean,
): MaskedBatch {
  const length = items[0].length;
  const ids = new Int32Array(items.length * length);
  const masked: number[] = [];
  const labels: number[] = [];
  const owner: number[] = [];
  items.forEach((tokens, item) => {
    const chosen = chooser(item);
    for (let token = 0; token < length; token++) {
      const at = item * length + token;
      if (chosen(token)) {
        masked.push(at);
        labels.push(tokens[token]);
        owner.push(item);
        ids[at] = maskId;
      } else {
        ids[at] = tokens[token];
      }
    }
  });
  return { ids, masked: Int32Array.from(masked), labels: Int32Array.from(labels), item: Int32Array.from(owner), times };
}
