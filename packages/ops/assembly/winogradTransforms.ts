// The linear maps of winograd.ts, each along three axes in turn, four channels at a time. Along one axis they are
//   B^T x = (x0 - x2, x1 + x2, x2 - x1, x1 - x3)
//   A^T s = (s0 + s1 + s2, s1 - s2 - s3)
//   G g   = (g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2)

/** B^T of a tile x [4][4][4][channels] in its volume, to the 64 points, `step` bytes apart. */
export function transformInput(x: usize, plane: usize, row: usize, voxel: usize, to: usize, step: usize): void {
  const end = x + voxel;
  for (; x < end; x += 16, to += 16) {
    inputPlane(x, x + 2 * plane, false, row, voxel, to, step);
    inputPlane(x + plane, x + 2 * plane, true, row, voxel, to + 16 * step, step);
    inputPlane(x + 2 * plane, x + plane, false, row, voxel, to + 32 * step, step);
    inputPlane(x + plane, x + 3 * plane, false, row, voxel, to + 48 * step, step);
  }
}

// @ts-ignore: decorator
@inline
function combine(p: usize, q: usize, plus: bool): v128 {
  return plus ? f32x4.add(v128.load(p), v128.load(q)) : f32x4.sub(v128.load(p), v128.load(q));
}

/** The plane p - q, or p + q, transformed along its rows and columns. */
// @ts-ignore: decorator
@inline
function inputPlane(p: usize, q: usize, plus: bool, row: usize, voxel: usize, to: usize, step: usize): void {
  const two = 2 * voxel, three = two + voxel;
  p += row;
  q += row;
  const b0 = combine(p, q, plus), b1 = combine(p + voxel, q + voxel, plus);
  const b2 = combine(p + two, q + two, plus), b3 = combine(p + three, q + three, plus);
  p += row;
  q += row;
  const c0 = combine(p, q, plus), c1 = combine(p + voxel, q + voxel, plus);
  const c2 = combine(p + two, q + two, plus), c3 = combine(p + three, q + three, plus);
  inputRow(f32x4.add(b0, c0), f32x4.add(b1, c1), f32x4.add(b2, c2), f32x4.add(b3, c3), to + 4 * step, step);
  inputRow(f32x4.sub(c0, b0), f32x4.sub(c1, b1), f32x4.sub(c2, b2), f32x4.sub(c3, b3), to + 8 * step, step);
  p -= 2 * row;
  q -= 2 * row;
  inputRow(
    f32x4.sub(combine(p, q, plus), c0), f32x4.sub(combine(p + voxel, q + voxel, plus), c1),
    f32x4.sub(combine(p + two, q + two, plus), c2), f32x4.sub(combine(p + three, q + three, plus), c3),
    to, step,
  );
  p += 3 * row;
  q += 3 * row;
  inputRow(
    f32x4.sub(b0, combine(p, q, plus)), f32x4.sub(b1, combine(p + voxel, q + voxel, plus)),
    f32x4.sub(b2, combine(p + two, q + two, plus)), f32x4.sub(b3, combine(p + three, q + three, plus)),
    to + 12 * step, step,
  );
}

// @ts-ignore: decorator
@inline
function inputRow(a: v128, b: v128, c: v128, d: v128, to: usize, step: usize): void {
  v128.store(to, f32x4.sub(a, c));
  v128.store(to + step, f32x4.add(b, c));
  v128.store(to + 2 * step, f32x4.sub(c, b));
  v128.store(to + 3 * step, f32x4.sub(b, d));
}

/** Sums of one plane along its columns and rows: the 2 x 2 values of A^T s A. */
let p00: v128, p01: v128, p10: v128, p11: v128;

// @ts-ignore: decorator
@inline
function outputPlane(s: usize, step: usize): void {
  const r10 = first(s + 4 * step, step), r11 = second(s + 4 * step, step);
  const r20 = first(s + 8 * step, step), r21 = second(s + 8 * step, step);
  p00 = f32x4.add(f32x4.add(r10, r20), first(s, step));
  p01 = f32x4.add(f32x4.add(r11, r21), second(s, step));
  p10 = f32x4.sub(f32x4.sub(r10, r20), first(s + 12 * step, step));
  p11 = f32x4.sub(f32x4.sub(r11, r21), second(s + 12 * step, step));
}

// @ts-ignore: decorator
@inline
function first(s: usize, step: usize): v128 {
  return f32x4.add(f32x4.add(v128.load(s), v128.load(s + step)), v128.load(s + 2 * step));
}

// @ts-ignore: decorator
@inline
function second(s: usize, step: usize): v128 {
  return f32x4.sub(f32x4.sub(v128.load(s + step), v128.load(s + 2 * step)), v128.load(s + 3 * step));
}

/** A^T of the 64 sums of a tile, to y [2][2][2][channels] in its volume; what lies beyond the last voxel is not written. */
export function transformOutput(
  s: usize, step: usize, y: usize, plane: usize, row: usize, voxel: usize, deep: bool, high: bool, wide: bool,
): void {
  const end = y + voxel;
  for (; y < end; y += 16, s += 16) {
    outputPlane(s + 16 * step, step);
    let a00 = p00, a01 = p01, a10 = p10, a11 = p11;
    outputPlane(s + 32 * step, step);
    let b00 = f32x4.sub(a00, p00), b01 = f32x4.sub(a01, p01), b10 = f32x4.sub(a10, p10), b11 = f32x4.sub(a11, p11);
    a00 = f32x4.add(a00, p00); a01 = f32x4.add(a01, p01); a10 = f32x4.add(a10, p10); a11 = f32x4.add(a11, p11);
    outputPlane(s, step);
    storePlane(
      y, row, voxel, f32x4.add(a00, p00), f32x4.add(a01, p01), f32x4.add(a10, p10), f32x4.add(a11, p11), high, wide,
    );
    if (!deep) continue;
    outputPlane(s + 48 * step, step);
    storePlane(
      y + plane, row, voxel, f32x4.sub(b00, p00), f32x4.sub(b01, p01), f32x4.sub(b10, p10), f32x4.sub(b11, p11), high, wide,
    );
  }
}

// @ts-ignore: decorator
@inline
function storePlane(
  y: usize, row: usize, voxel: usize, v00: v128, v01: v128, v10: v128, v11: v128, high: bool, wide: bool,
): void {
  v128.store(y, v00);
  if (wide) v128.store(y + voxel, v01);
  if (!high) return;
  v128.store(y + row, v10);
  if (wide) v128.store(y + row + voxel, v11);
}

/** G along the middle axis of g [outer][3][inner], to [outer][4][inner]; `inner` in fours. */
export function transformFilterAxis(g: usize, u: usize, outer: i32, inner: usize): void {
  const size = inner << 2, half = f32x4.splat(0.5);
  for (let o = 0; o < outer; o++, g += 2 * size, u += 3 * size) {
    for (const end = g + size; g < end; g += 16, u += 16) {
      const g0 = v128.load(g), g1 = v128.load(g + size), g2 = v128.load(g + 2 * size);
      const outside = f32x4.mul(half, f32x4.add(g0, g2)), inside = f32x4.mul(half, g1);
      v128.store(u, g0);
      v128.store(u + size, f32x4.add(outside, inside));
      v128.store(u + 2 * size, f32x4.sub(outside, inside));
      v128.store(u + 3 * size, g2);
    }
  }
}
