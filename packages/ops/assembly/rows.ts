// Loops over a row of floats: four at a time, then the rest.
import { madd, sumLanes } from './simd';

/** y += factor * x over `count` floats. */
export function addScaled(y: usize, x: usize, factor: f32, count: i32): void {
  const f = f32x4.splat(factor);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(y, madd(f, v128.load(x), v128.load(y)));
    x += 16;
    y += 16;
  }
  for (; i < count; i++) {
    store<f32>(y, load<f32>(y) + factor * load<f32>(x));
    x += 4;
    y += 4;
  }
}

/** Sum of a * b over `count` floats. */
export function dot(a: usize, b: usize, count: i32): f32 {
  let sums = f32x4.splat(0), i = 0;
  for (; i + 4 <= count; i += 4) {
    sums = madd(v128.load(a), v128.load(b), sums);
    a += 16;
    b += 16;
  }
  let sum = sumLanes(sums);
  for (; i < count; i++) {
    sum += load<f32>(a) * load<f32>(b);
    a += 4;
    b += 4;
  }
  return sum;
}
