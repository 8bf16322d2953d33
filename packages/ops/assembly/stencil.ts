// Sum of squares of a finite difference over a volume, and its gradient.
import { sumLanes } from './simd';

@unmanaged
class Stencil {
  /** The volume, where the first difference starts, and its gradient, to which is added. */
  x!: usize;
  gradient!: usize;
  /** Differences are taken at planes x rows x run places; a run is contiguous floats. */
  planes!: i32;
  rows!: i32;
  run!: i32;
  /** Byte distances between planes and between rows. */
  plane!: usize;
  row!: usize;
  /** Byte distances from a place to the other three values of its difference. */
  second!: usize;
  third!: usize;
  fourth!: usize;
}

/** Sum of (w0 x + w1 x' + w2 x'' + w3 x''')^2; adds `scale` times its gradient. */
export function squaredStencil(s: Stencil, w0: f32, w1: f32, w2: f32, w3: f32, scale: f32): f64 {
  const run = <usize>s.run << 2, two: f32 = <f32>2 * scale;
  let sum: f64 = 0;
  for (let plane = 0; plane < s.planes; plane++) {
    for (let row = 0; row < s.rows; row++) {
      const offset = <usize>plane * s.plane + <usize>row * s.row;
      let x = s.x + offset, g = s.gradient + offset, squares = f32x4.splat(0);
      const end = x + run;
      for (; x + 16 <= end; x += 16, g += 16) {
        let d = f32x4.mul(f32x4.splat(w0), v128.load(x));
        d = f32x4.add(d, f32x4.mul(f32x4.splat(w1), v128.load(x + s.second)));
        d = f32x4.add(d, f32x4.mul(f32x4.splat(w2), v128.load(x + s.third)));
        d = f32x4.add(d, f32x4.mul(f32x4.splat(w3), v128.load(x + s.fourth)));
        squares = f32x4.add(squares, f32x4.mul(d, d));
        d = f32x4.mul(d, f32x4.splat(two));
        addScaled(g, d, w0);
        addScaled(g + s.second, d, w1);
        if (w2 != 0) addScaled(g + s.third, d, w2);
        if (w3 != 0) addScaled(g + s.fourth, d, w3);
      }
      sum += sumLanes(squares);
      for (; x < end; x += 4, g += 4) {
        const d = w0 * load<f32>(x) + w1 * load<f32>(x + s.second) + w2 * load<f32>(x + s.third) + w3 * load<f32>(x + s.fourth);
        sum += d * d;
        addOne(g, two * d * w0);
        addOne(g + s.second, two * d * w1);
        addOne(g + s.third, two * d * w2);
        addOne(g + s.fourth, two * d * w3);
      }
    }
  }
  return sum;
}

// @ts-ignore: decorator
@inline
function addScaled(at: usize, value: v128, weight: f32): void {
  v128.store(at, f32x4.add(v128.load(at), f32x4.mul(value, f32x4.splat(weight))));
}

// @ts-ignore: decorator
@inline
function addOne(at: usize, value: f32): void {
  store<f32>(at, load<f32>(at) + value);
}
