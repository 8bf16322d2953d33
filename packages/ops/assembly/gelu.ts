// Exact GELU (Hendrycks & Gimpel 2016): x times the standard normal distribution function of x.
import { bell4, normalDistribution4 } from './functions';
import { loadUpTo4, madd, storeUpTo4 } from './simd';

export function gelu(x: usize, y: usize, count: i32): void {
  for (let i = 0; i < count; i += 4) {
    const at = <usize>i << 2, v = loadUpTo4(x + at, count - i, 0);
    storeUpTo4(y + at, f32x4.mul(v, normalDistribution4(v, bell4(v))), count - i);
  }
}

/** dx = dy (distribution + x density). */
export function geluGradient(dy: usize, x: usize, dx: usize, count: i32): void {
  const normaliser = f32x4.splat(0.398942280);
  for (let i = 0; i < count; i += 4) {
    const at = <usize>i << 2, v = loadUpTo4(x + at, count - i, 0), bell = bell4(v);
    const slope = madd(f32x4.mul(v, bell), normaliser, normalDistribution4(v, bell));
    storeUpTo4(dx + at, f32x4.mul(loadUpTo4(dy + at, count - i, 0), slope), count - i);
  }
}
