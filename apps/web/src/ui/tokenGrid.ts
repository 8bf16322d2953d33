import type { Picture } from '../protocol';

const PAPER = [252, 252, 251, 255];
/** A masked token: a quiet grey, every other one a little lighter, so that the grid is seen. */
const MASKED = [
  [226, 229, 233, 255],
  [233, 236, 239, 255],
];

/**
 * A token grid as a picture: coronal slices (i to the right, k up) side by side from front to back, a pixel a token, in the
 * colour of its code.
 *
 * @param tokens [images * d * h * w] in axes i, j, k; `codes` means masked
 * @param palette [codes, 4]
 * @param columns slices in a row
 */
export function tokenPicture(
  tokens: Int32Array | undefined,
  [images, I, J, K]: readonly [number, number, number, number],
  palette: Uint8ClampedArray,
  columns: number,
): Picture {
  const codes = palette.length / 4;
  const slices = images * J;
  const width = columns * (I + 1) - 1;
  const height = Math.ceil(slices / columns) * (K + 1) - 1;
  const data = new Uint8ClampedArray(4 * width * height);
  for (let at = 0; at < data.length; at += 4) data.set(PAPER, at);
  for (let slice = 0; slice < slices; slice++) {
    const left = (slice % columns) * (I + 1);
    const top = Math.floor(slice / columns) * (K + 1);
    const image = Math.floor(slice / J);
    for (let i = 0; i < I; i++) {
      for (let k = 0; k < K; k++) {
        const token = tokens ? tokens[((image * I + i) * J + (slice % J)) * K + k] : codes;
        const colour = token < codes ? palette.subarray(4 * token, 4 * token + 4) : MASKED[(i + k) % 2];
        data.set(colour, 4 * ((top + K - 1 - k) * width + left + i));
      }
    }
  }
  return { width, height, data };
}

/** How many tokens are known. */
export function revealed(tokens: Int32Array, codes: number): number {
  let count = 0;
  for (const token of tokens) if (token < codes) count++;
  return count;
}
