// Composition of displacement fields, c(p) = a(p) + b(p + a(p)): b sampled linearly, beyond its border as at the border.
// Fields are normalised, [depth, height, width, 3] in the order x, y, z. b has a fourth component, which makes each of its
// voxels one vector; `widenVectors` and `narrowVectors` add and drop it.
import { halves, inside, lane0, lane1, lane2, load3, lowerOf, store3, sumOffsets } from './places';
import { madd } from './simd';

@unmanaged
class Composition {
  a!: usize;
  /** Four components. */
  b!: usize;
  /** The result, or the gradient that comes back to it. */
  c!: usize;
  /** Gradients of a, and of b with four components, which the caller sets to zero. */
  da!: usize;
  db!: usize;
  depth!: i32;
  height!: i32;
  width!: i32;
  /** Size of b. */
  bDepth!: i32;
  bHeight!: i32;
  bWidth!: i32;
}

/** c = a + b o (id + a) */
export function composeFields(s: Composition): void {
  const stepX: usize = s.bWidth > 1 ? 16 : 0, stepY: usize = s.bHeight > 1 ? <usize>s.bWidth << 4 : 0;
  const stepZ: usize = s.bDepth > 1 ? <usize>(s.bHeight * s.bWidth) << 4 : 0;
  const half = halves(s.bWidth, s.bHeight, s.bDepth), last = f32x4.sub(f32x4.add(half, half), f32x4.splat(1));
  const most = mostLower(s.bWidth, s.bHeight, s.bDepth), strides = i32x4(16, s.bWidth << 4, s.bHeight * s.bWidth << 4, 0);
  const depth = s.depth, height = s.height, width = s.width, b = s.b;
  const scaleX = <f32>s.bWidth / <f32>width, scaleY = <f32>s.bHeight / <f32>height, scaleZ = <f32>s.bDepth / <f32>depth;
  let a = s.a, c = s.c;
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      const row = f32x4(0, (<f32>y + 0.5) * scaleY - 0.5, (<f32>z + 0.5) * scaleZ - 0.5, 0);
      for (let x = 0; x < width; x++, a += 12, c += 12) {
        const d = load3(a), start = f32x4.replace_lane(row, 0, (<f32>x + 0.5) * scaleX - 0.5);
        const at = inside(madd(d, half, start), last), lower = lowerOf(at, most);
        const t = f32x4.sub(at, f32x4.convert_i32x4_s(lower)), tx = lane0(t), ty = lane1(t);
        const p = b + sumOffsets(i32x4.mul(lower, strides)), q = p + stepZ;
        const low = mix(
          mix(v128.load(p), v128.load(p + stepX), tx),
          mix(v128.load(p + stepY), v128.load(p + stepY + stepX), tx), ty);
        const high = mix(
          mix(v128.load(q), v128.load(q + stepX), tx),
          mix(v128.load(q + stepY), v128.load(q + stepY + stepX), tx), ty);
        store3(c, f32x4.add(d, mix(low, high, lane2(t))));
      }
    }
  }
}

/** da = dc + (slope of b)^T dc; adds to db. */
export function composeFieldsGradient(s: Composition): void {
  const stepX: usize = s.bWidth > 1 ? 16 : 0, stepY: usize = s.bHeight > 1 ? <usize>s.bWidth << 4 : 0;
  const stepZ: usize = s.bDepth > 1 ? <usize>(s.bHeight * s.bWidth) << 4 : 0;
  const half = halves(s.bWidth, s.bHeight, s.bDepth), last = f32x4.sub(f32x4.add(half, half), f32x4.splat(1));
  const most = mostLower(s.bWidth, s.bHeight, s.bDepth), strides = i32x4(16, s.bWidth << 4, s.bHeight * s.bWidth << 4, 0);
  const depth = s.depth, height = s.height, width = s.width, b = s.b, db = s.db;
  const scaleX = <f32>s.bWidth / <f32>width, scaleY = <f32>s.bHeight / <f32>height, scaleZ = <f32>s.bDepth / <f32>depth;
  let a = s.a, dc = s.c, da = s.da;
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      const row = f32x4(0, (<f32>y + 0.5) * scaleY - 0.5, (<f32>z + 0.5) * scaleZ - 0.5, 0);
      for (let x = 0; x < width; x++, a += 12, dc += 12, da += 12) {
        const start = f32x4.replace_lane(row, 0, (<f32>x + 0.5) * scaleX - 0.5);
        const place = madd(load3(a), half, start), at = inside(place, last), lower = lowerOf(at, most);
        const t = f32x4.sub(at, f32x4.convert_i32x4_s(lower)), tx = lane0(t), ty = lane1(t), tz = lane2(t);
        const offset = sumOffsets(i32x4.mul(lower, strides)), g = load3(dc);

        const p = b + offset, q = p + stepZ;
        const a0 = v128.load(p), a1 = v128.load(p + stepX), b0 = v128.load(p + stepY), b1 = v128.load(p + stepY + stepX);
        const c0 = v128.load(q), c1 = v128.load(q + stepX), d0 = v128.load(q + stepY), d1 = v128.load(q + stepY + stepX);
        const onA = mix(a0, a1, tx), onB = mix(b0, b1, tx), onC = mix(c0, c1, tx), onD = mix(d0, d1, tx);
        const slopeX = mix(
          mix(f32x4.sub(a1, a0), f32x4.sub(b1, b0), ty), mix(f32x4.sub(c1, c0), f32x4.sub(d1, d0), ty), tz);
        const slopeY = mix(f32x4.sub(onB, onA), f32x4.sub(onD, onC), tz);
        const slopeZ = mix(f32x4.sub(onC, onA), f32x4.sub(onD, onB), ty);
        // Where the place was kept inside it does not move with a.
        const factor = v128.and(half, v128.and(f32x4.gt(place, f32x4.splat(0)), f32x4.lt(place, last)));
        store3(da, madd(factor, dots(f32x4.mul(g, slopeX), f32x4.mul(g, slopeY), f32x4.mul(g, slopeZ)), g));

        const high = f32x4.mul(g, tz), to = db + offset;
        spreadRows(to, stepX, stepY, f32x4.sub(g, high), tx, ty);
        spreadRows(to + stepZ, stepX, stepY, high, tx, ty);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function spreadRows(to: usize, stepX: usize, stepY: usize, g: v128, tx: v128, ty: v128): void {
  const high = f32x4.mul(g, ty), low = f32x4.sub(g, high);
  const lowX = f32x4.mul(low, tx), highX = f32x4.mul(high, tx);
  addTo(to, f32x4.sub(low, lowX));
  addTo(to + stepX, lowX);
  addTo(to + stepY, f32x4.sub(high, highX));
  addTo(to + stepY + stepX, highX);
}

// @ts-ignore: decorator
@inline
function mix(low: v128, high: v128, fraction: v128): v128 {
  return madd(fraction, f32x4.sub(high, low), low);
}

/** The greatest lower neighbour along x, y, z of which the next one exists. */
// @ts-ignore: decorator
@inline
function mostLower(width: i32, height: i32, depth: i32): v128 {
  return i32x4.max_s(i32x4(width - 2, height - 2, depth - 2, 0), i32x4.splat(0));
}

/** The sums of the lanes of x, y and z. */
// @ts-ignore: decorator
@inline
function dots(x: v128, y: v128, z: v128): v128 {
  const zero = f32x4.splat(0);
  // [x0 + x2, y0 + y2, x1 + x3, y1 + y3] and the same of z and zeros.
  const xy = f32x4.add(v128.shuffle<f32>(x, y, 0, 4, 1, 5), v128.shuffle<f32>(x, y, 2, 6, 3, 7));
  const zw = f32x4.add(v128.shuffle<f32>(z, zero, 0, 4, 1, 5), v128.shuffle<f32>(z, zero, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(xy, zw, 0, 1, 4, 5), v128.shuffle<f32>(xy, zw, 2, 3, 6, 7));
}

// @ts-ignore: decorator
@inline
function addTo(at: usize, value: v128): void {
  v128.store(at, f32x4.add(v128.load(at), value));
}

/** [count, 3] to [count, 4], a zero behind each. */
export function widenVectors(from: usize, to: usize, count: i32): void {
  for (const end = to + (<usize>count << 4); to < end; to += 16, from += 12) v128.store(to, load3(from));
}

/** [count, 4] to [count, 3]. */
export function narrowVectors(from: usize, to: usize, count: i32): void {
  for (const end = from + (<usize>count << 4); from < end; to += 12, from += 16) {
    store3(to, v128.load(from));
  }
}
