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
  /** tokens of each item that there are */
  readonly counts: readonly number[];
}

/** Whether there is a token at each place of an item; at all of them where nothing is given. */
export type Present = readonly boolean[] | undefined;

/**
 * The forward process q(x_t | x_0): each token is absorbed with probability t, t ~ U{1..steps}/steps
 * (paper, section 2.2; Bond-Taylor et al., 2022, eq. 6).
 */
export function maskAtRandomTimes(
  items: readonly ArrayLike<number>[],
  maskId: number,
  random: Random,
  { steps = 256, present = [] }: { readonly steps?: number; readonly present?: readonly Present[] } = {},
): MaskedBatch {
  const times = Float32Array.from(items, () => (1 + random.integer(steps)) / steps);
  return mask(items, maskId, times, present, (item) => {
    const t = times[item];
    return () => random.uniform() < t;
  });
}

/**
 * Masks for the any-order bound: the number of masked tokens is uniform in 1..T, which ones is uniform too
 * (Uria et al., 2014; Hoogeboom et al., 2022, eq. 5).
 */
export function maskAnyOrder(
  items: readonly ArrayLike<number>[],
  maskId: number,
  random: Random,
  present: readonly Present[] = [],
): MaskedBatch {
  const there = items.map((item, i) => Array.from(item, (_, at) => at).filter((at) => present[i]?.[at] ?? true));
  const counts = there.map(({ length }) => 1 + random.integer(length));
  const times = Float32Array.from(counts, (count, item) => count / there[item].length);
  return mask(items, maskId, times, present, (item) => {
    const chosen = new Set(random.shuffle(there[item]).slice(0, counts[item]));
    return (token) => chosen.has(token);
  });
}

function mask(
  items: readonly ArrayLike<number>[],
  maskId: number,
  times: Float32Array,
  present: readonly Present[],
  chooser: (item: number) => (token: number) => boolean,
): MaskedBatch {
  const length = items[0].length;
  const ids = new Int32Array(items.length * length);
  const masked: number[] = [];
  const labels: number[] = [];
  const owner: number[] = [];
  const counts: number[] = [];
  items.forEach((tokens, item) => {
    const chosen = chooser(item);
    counts.push(present[item]?.filter(Boolean).length ?? length);
    for (let token = 0; token < length; token++) {
      const at = item * length + token;
      if ((present[item]?.[token] ?? true) && chosen(token)) {
        masked.push(at);
        labels.push(tokens[token]);
        owner.push(item);
        ids[at] = maskId;
      } else {
        ids[at] = tokens[token];
      }
    }
  });
  return {
    ids,
    masked: Int32Array.from(masked),
    labels: Int32Array.from(labels),
    item: Int32Array.from(owner),
    times,
    counts,
  };
}
