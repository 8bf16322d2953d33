// PReLU with one slope (He et al. 2015): max(x, 0) + alpha min(x, 0).
import { loadUpTo4, madd, storeUpTo4, sumLanes } from './simd';

// @ts-ignore: decorator
@inline
function value4(x: v128, alpha: v128): v128 {
  const zero = f32x4.splat(0);
  // pmax and pmin keep the NaN of their first operand; where one is 0 the other is x.
  return madd(alpha, f32x4.pmin(x, zero), f32x4.pmax(x, zero));
}

export function prelu(x: usize, y: usize, alpha: f32, count: i32): void {
  const slope = f32x4.splat(alpha);
  let i = 0;
  for (; i + 4 <= count; i += 4, x += 16, y += 16) v128.store(y, value4(v128.load(x), slope));
  if (i < count) storeUpTo4(y, value4(loadUpTo4(x, count - i, 0), slope), count - i);
}

/** dx = x > 0 ? dy : alpha dy; returns the gradient of alpha, sum(dy min(x, 0)), in two levels. */
export function preluGradient(dy: usize, x: usize, dx: usize, alpha: f32, count: i32): f64 {
  const slope = f32x4.splat(alpha), zero = f32x4.splat(0);
  let total: f64 = 0;
  for (let i = 0; i < count; ) {
    let sum = zero;
    for (const end = min(i + 1024, count & ~3); i < end; i += 4, dy += 16, x += 16, dx += 16) {
      const d = v128.load(dy), v = v128.load(x);
      sum = madd(d, f32x4.pmin(v, zero), sum);
      v128.store(dx, v128.bitselect(d, f32x4.mul(slope, d), f32x4.gt(v, zero)));
    }
    total += sumLanes(sum);
    const rest = count - i;
    if (rest < 4 && rest > 0) {
      const d = loadUpTo4(dy, rest, 0), v = loadUpTo4(x, rest, 0);
      total += sumLanes(f32x4.mul(d, f32x4.pmin(v, zero)));
      storeUpTo4(dx, v128.bitselect(d, f32x4.mul(slope, d), f32x4.gt(v, zero)), rest);
      i = count;
    }
  }
  return total;
}
