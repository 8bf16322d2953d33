/**
 * Values shifted and scaled to mean 0 and length 1, so that the correlation of two images is the inner product of
 * theirs; an even image becomes zeros.
 */
export function standardised(values: ArrayLike<number>): Float32Array {
  const n = values.length;
  let [sum, squares] = [0, 0];
  for (let v = 0; v < n; v++) sum += values[v];
  const mean = sum / n;
  for (let v = 0; v < n; v++) squares += (values[v] - mean) ** 2;
  const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
  return Float32Array.from(values, (value) => (value - mean) * scale);
}

/** Inner product of two arrays of one length. */
export function inner(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let v = 0; v < a.length; v++) sum += a[v] * b[v];
  return sum;
}

/** Normalised cross correlation over the whole image, from -1 to 1; 0 when one is even. */
export const correlation = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  inner(standardised(a), standardised(b));
