const BASES = [2, 3, 5] as const;

/** The Halton sequence's value at `index` (from 0) in a base: its digits mirrored at the point. */
function radicalInverse(index: number, base: number): number {
  let [value, scale] = [0, 1 / base];
  for (let rest = index + 1; rest > 0; rest = Math.floor(rest / base)) {
    value += (rest % base) * scale;
    scale /= base;
  }
  return value;
}

/**
 * The rank of each cell of a grid when cells are visited where a Halton sequence falls: wherever one stops, what has been
 * visited is spread evenly (Besnier et al., Halton Scheduler for Masked Generative Image Transformer, ICLR 2025).
 * @param grid cells along d, h, w
 * @param shift in [0, 1) along each of them, by which the sequence is moved around
 * @returns a permutation of 0 … cells - 1, row-major
 */
export function haltonRanks(
  [d, h, w]: readonly [number, number, number],
  shift: readonly [number, number, number],
): Int32Array {
  const size = [d, h, w];
  const ranks = new Int32Array(d * h * w).fill(-1);
  let rank = 0;
  // Bases are coprime and cells are boxes, so every cell is met sooner or later.
  for (let index = 0; rank < ranks.length; index++) {
    const [i, j, k] = size.map((n, a) => Math.floor(((radicalInverse(index, BASES[a]) + shift[a]) % 1) * n));
    const cell = (i * h + j) * w + k;
    if (ranks[cell] < 0) ranks[cell] = rank++;
  }
  return ranks;
}
