// Exact GELU (Hendrycks & Gimpel 2016): x times the standard normal distribution function of x.
import { bell4, normalDistribution4 } from './functions';
import { loadUpTo4, madd, storeUpTo4 } from './simd';

// @ts-ignore: decorator
@inline
function value4(x: v128): v128 {
  return f32x4.mul(x, normalDistribution4(x, bell4(x)));
}

/** Distribution + x density. */
// @ts-ignore: decorator
@inline
function slope4(x: v128): v128 {
  const bell = bell4(x);
  return madd(f32x4.mul(x, bell), f32x4.splat(0.398942280), normalDistribution4(x, bell));
}

export function gelu(x: usize, y: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4, x += 16, y += 16) v128.store(y, value4(v128.load(x)));
  if (i < count) storeUpTo4(y, value4(loadUpTo4(x, count - i, 0)), count - i);
}

export function geluGradient(dy: usize, x: usize, dx: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4, dy += 16, x += 16, dx += 16) {
    v128.store(dx, f32x4.mul(v128.load(dy), slope4(v128.load(x))));
  }
  const rest = count - i;
  if (rest > 0) storeUpTo4(dx, f32x4.mul(loadUpTo4(dy, rest, 0), slope4(loadUpTo4(x, rest, 0))), rest);
}
