import { expect } from 'vitest';

type Numbers = ArrayLike<number>;

const largest = (values: Numbers) => Array.from(values).reduce((max, value) => Math.max(max, Math.abs(value)), 0);

/**
 * Expects numbers to equal PyTorch's: the largest difference is below `tolerance` of the largest value, 1e-4 by
 * default (or of `scale`, where another value says what is small).
 */
export function expectClose(
  got: Numbers,
  wanted: Numbers,
  { tolerance = 1e-4, scale = largest(wanted), what = 'the result' } = {},
): void {
  expect(got.length, `size of ${what}`).toBe(wanted.length);
  let worst = 0;
  for (let i = 0; i < wanted.length; i++) {
    const difference = Math.abs(got[i] - wanted[i]);
    // NaN is no difference that a comparison would see.
    worst = difference >= worst || Number.isNaN(difference) ? difference : worst;
    if (Number.isNaN(difference)) break;
  }
  expect(worst, `largest difference of ${what}`).toBeLessThanOrEqual(tolerance * scale);
}

/**
 * Expects the gradients of every weight to equal PyTorch's within 1e-3 of each weight's own largest one. Gradients that
 * vanish but for rounding (of a bias before an instance norm) must be below 1e-5 of the largest of all. PReLU's weight is
 * one number for a whole layer: what remains of a sum of thousands that cancel is compared on a scale of a fiftieth of the
 * largest (PyTorch's own float32 differs there from its float64 by up to 0.7 %).
 */
export function expectGradients(
  got: ReadonlyMap<string, { readonly data: ArrayLike<number | bigint> }>,
  wanted: ReadonlyMap<string, { readonly data: Numbers }>,
): void {
  expect([...got.keys()].sort()).toEqual([...wanted.keys()].sort());
  const most = Math.max(...[...wanted.values()].map(({ data }) => largest(data)));
  for (const [name, { data }] of wanted) {
    const own = largest(data);
    const least = data.length === 1 ? most / 50 : 0;
    const scale = own > 1e-6 * most ? Math.max(own, least) : most / 100;
    expectClose(got.get(name)!.data as Numbers, data, { tolerance: 1e-3, scale, what: `the gradient of ${name}` });
  }
}
