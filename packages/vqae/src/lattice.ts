/**
 * The codes of finite scalar quantisation (Mentzer et al., 2024): all combinations of the levels of each channel, the last
 * one fastest. L levels are the centres of L equal parts of [-1, 1], so that the nearest code of a latent in that box is
 * the rounding of each of its channels.
 * @returns [product of levels, levels.length] row-major
 */
export function lattice(levels: readonly number[]): Float32Array {
  const codes = levels.reduce((product, n) => product * n, 1);
  const points = new Float32Array(codes * levels.length);
  for (let code = 0; code < codes; code++) {
    let rest = code;
    for (let channel = levels.length - 1; channel >= 0; channel--) {
      const n = levels[channel];
      points[code * levels.length + channel] = (2 * (rest % n) + 1) / n - 1;
      rest = Math.floor(rest / n);
    }
  }
  return points;
}
