// Normalised cross correlation of two images over all their voxels.
import { sumLanes } from './simd';

@unmanaged
class Correlation {
  x!: usize;
  y!: usize;
  /** One float. */
  value!: usize;
  /** Four floats, for the gradient: mean of x, mean of y, 1 / (count sqrt(var x var y)), cov / var x. */
  statistics!: usize;
  count!: i32;
}

/** Floats that are summed in single precision before they go to a double: 4096. */
const BLOCK: usize = 16384;

function mean(x: usize, count: i32): f64 {
  const end = x + (<usize>count << 2);
  let total: f64 = 0;
  while (x < end) {
    const stop = min(x + BLOCK, end);
    let sums = f32x4.splat(0);
    for (; x + 16 <= stop; x += 16) sums = f32x4.add(sums, v128.load(x));
    total += sumLanes(sums);
    for (; x < stop; x += 4) total += load<f32>(x);
  }
  return total / count;
}

/** cov(x, y) / sqrt(var x var y), with `floor` added to each variance. */
export function correlation(s: Correlation, floor: f64): void {
  const meanX = mean(s.x, s.count), meanY = mean(s.y, s.count);
  const mx = f32x4.splat(<f32>meanX), my = f32x4.splat(<f32>meanY);
  const end = s.x + (<usize>s.count << 2);
  let x = s.x, y = s.y, xx: f64 = 0, yy: f64 = 0, xy: f64 = 0;
  while (x < end) {
    const stop = min(x + BLOCK, end);
    let vxx = f32x4.splat(0), vyy = vxx, vxy = vxx;
    for (; x + 16 <= stop; x += 16, y += 16) {
      const a = f32x4.sub(v128.load(x), mx), b = f32x4.sub(v128.load(y), my);
      vxx = f32x4.add(vxx, f32x4.mul(a, a));
      vyy = f32x4.add(vyy, f32x4.mul(b, b));
      vxy = f32x4.add(vxy, f32x4.mul(a, b));
    }
    xx += sumLanes(vxx);
    yy += sumLanes(vyy);
    xy += sumLanes(vxy);
    for (; x < stop; x += 4, y += 4) {
      const a = <f64>load<f32>(x) - meanX, b = <f64>load<f32>(y) - meanY;
      xx += a * a;
      yy += b * b;
      xy += a * b;
    }
  }
  const n = <f64>s.count, varX = xx / n + floor, scale = 1 / sqrt(varX * (yy / n + floor));
  store<f32>(s.value, <f32>(xy / n * scale));
  store<f32>(s.statistics, <f32>meanX);
  store<f32>(s.statistics, <f32>meanY, 4);
  store<f32>(s.statistics, <f32>(scale / n), 8);
  store<f32>(s.statistics, <f32>(xy / n / varX), 12);
}

/** dx = dy factor ((y - mean y) - ratio (x - mean x)), where `value` holds dy. */
export function correlationGradient(s: Correlation, dx: usize): void {
  const factor = load<f32>(s.value) * load<f32>(s.statistics, 8), ratio = load<f32>(s.statistics, 12);
  const offset = ratio * load<f32>(s.statistics) - load<f32>(s.statistics, 4);
  let x = s.x, y = s.y;
  const end = x + (<usize>s.count << 2);
  for (; x + 16 <= end; x += 16, y += 16, dx += 16) {
    const v = f32x4.sub(f32x4.add(v128.load(y), f32x4.splat(offset)), f32x4.mul(f32x4.splat(ratio), v128.load(x)));
    v128.store(dx, f32x4.mul(f32x4.splat(factor), v));
  }
  for (; x < end; x += 4, y += 4, dx += 4) store<f32>(dx, factor * (load<f32>(y) + offset - ratio * load<f32>(x)));
}
