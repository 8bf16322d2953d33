/** Added to each code's count, so that a code that was never seen has a probability too. */
const PRIOR = 0.01;

/**
 * Bits per token that each code's frequency alone gives: what a denoiser must beat on the same grids.
 * @param training grids that are counted
 * @param heldOut grids that are scored
 */
export function unigramBits(
  training: readonly ArrayLike<number>[],
  heldOut: readonly ArrayLike<number>[],
  codes: number,
): number {
  const counts = new Float64Array(codes).fill(PRIOR);
  let total = codes * PRIOR;
  for (const item of training) {
    for (let at = 0; at < item.length; at++) counts[item[at]]++;
    total += item.length;
  }
  let [bits, tokens] = [0, 0];
  for (const item of heldOut) {
    for (let at = 0; at < item.length; at++) bits -= Math.log2(counts[item[at]] / total);
    tokens += item.length;
  }
  return bits / tokens;
}
