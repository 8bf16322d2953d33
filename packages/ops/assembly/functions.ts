// Elementary functions, without tables (see index.ts).
import { madd } from './simd';

/** exp of four floats, within 2 units in the last place; 0 below -87.3, infinity above 88.7, NaN for NaN. */
export function exp4(x: v128): v128 {
  const lowest = f32x4.splat(-87.33654);
  const at = f32x4.pmin(f32x4.pmax(x, lowest), f32x4.splat(88.8));
  // x = n ln 2 + r, |r| <= ln(2) / 2, with ln 2 in two parts; then the Taylor series of exp(r), and 2^n through the exponent
  // bits. Added to 1.5 * 2^23, a float is rounded to a whole number, which its lowest bits then hold.
  const shift = f32x4.splat(12582912), whole = madd(at, f32x4.splat(1.44269504), shift), n = f32x4.sub(whole, shift);
  const r = madd(n, f32x4.splat(2.12194440e-4), madd(n, f32x4.splat(-0.693359375), at));
  let p = f32x4.splat(1.0 / 5040);
  p = madd(p, r, f32x4.splat(1.0 / 720));
  p = madd(p, r, f32x4.splat(1.0 / 120));
  p = madd(p, r, f32x4.splat(1.0 / 24));
  p = madd(p, r, f32x4.splat(1.0 / 6));
  p = madd(p, r, f32x4.splat(0.5));
  p = madd(p, r, f32x4.splat(1));
  p = madd(p, r, f32x4.splat(1));
  const power = i32x4.add(i32x4.shl(whole, 23), i32x4.splat(127 << 23));
  return v128.andnot(f32x4.mul(p, power), f32x4.lt(x, lowest));
}

/** Natural logarithm of a positive normal number: the exponent, and 2 artanh((m - 1) / (m + 1)) of the mantissa. */
export function logarithm(x: f64): f64 {
  if (!(x > 0) || x == Infinity) return x == Infinity ? x : x == 0 ? -Infinity : NaN;
  const bits = reinterpret<u64>(x);
  let exponent = <i32>(bits >> 52) - 1023;
  let m = reinterpret<f64>((bits & 0xfffffffffffff) | (<u64>1023 << 52));
  if (m > 1.4142135623730951) {
    m *= 0.5;
    exponent++;
  }
  const s = (m - 1) / (m + 1), q = s * s;
  const series = 1 + q * (1.0 / 3 + q * (1.0 / 5 + q * (1.0 / 7 + q * (1.0 / 9 + q * (1.0 / 11)))));
  return <f64>exponent * 0.6931471805599453 + 2 * s * series;
}

/** exp(-x^2 / 2), as wanted by normalDistribution4. */
// @ts-ignore: decorator
@inline
export function bell4(x: v128): v128 {
  return exp4(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5)));
}

/**
 * Standard normal distribution function, given bell4(x). The ratio of its tail to the bell is t times a polynomial in
 * t = 1 / (1 + 0.3 |x|), fitted by weighted least squares for the least relative error (3e-7 in single precision).
 */
export function normalDistribution4(x: v128, bell: v128): v128 {
  const one = f32x4.splat(1);
  const t = f32x4.div(one, madd(f32x4.abs(x), f32x4.splat(0.3), one));
  let p = f32x4.splat(0.036197029);
  p = madd(p, t, f32x4.splat(-0.159387559));
  p = madd(p, t, f32x4.splat(0.210134670));
  p = madd(p, t, f32x4.splat(-0.057182662));
  p = madd(p, t, f32x4.splat(0.130424723));
  p = madd(p, t, f32x4.splat(0.099344559));
  p = madd(p, t, f32x4.splat(0.120845951));
  p = madd(p, t, f32x4.splat(0.119623236));
  const tail = f32x4.mul(f32x4.mul(p, t), bell);
  return v128.bitselect(tail, f32x4.sub(one, tail), f32x4.lt(x, f32x4.splat(0)));
}
