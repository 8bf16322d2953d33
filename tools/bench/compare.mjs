/** Largest difference of two arrays, relative to the largest value of the second; Infinity when lengths differ. */
export function relativeError(actual, expected) {
  if (actual.length !== expected.length) return Infinity;
  let difference = 0;
  let largest = 1e-30;
  for (let i = 0; i < expected.length; i++) {
    const d = Math.abs(actual[i] - expected[i]);
    if (Number.isNaN(d)) return NaN;
    difference = Math.max(difference, d);
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return difference / largest;
}

/** The largest relative error of several arrays. */
export const worstError = (actual, expected) =>
  actual.length === expected.length
    ? Math.max(...expected.map((values, i) => relativeError(actual[i], values)))
    : Infinity;

/** Euclidean norm of an array. */
export const norm = (values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** Euclidean distance of two arrays: a rectifier that tips over in one voxel hardly counts. */
export const distance = (a, b) =>
  a.length === b.length ? Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0)) : Infinity;
