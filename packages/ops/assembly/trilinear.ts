// Trilinear interpolation where all eight voxels lie inside the volume: `a` is the lowest of them, the others follow at
// distances (in bytes) of a voxel, a row and a plane.
import { madd, sumLanes } from './simd';

/** y = the mean of the eight voxels, weighted by the fractions tx, ty, tz. */
export function blend(a: usize, y: usize, voxel: usize, row: usize, plane: usize, tx: f32, ty: f32, tz: f32): void {
  const b = a + row, c = a + plane, d = c + row, end = y + voxel;
  const sx: f32 = 1 - tx, sy: f32 = 1 - ty, sz: f32 = 1 - tz;
  const wa = sy * sz, wb = ty * sz, wc = sy * tz, wd = ty * tz;
  let i: usize = 0;
  for (; y + 16 <= end; y += 16, i += 16) {
    let v = f32x4.mul(f32x4.splat(wa * sx), v128.load(a + i));
    v = madd(f32x4.splat(wa * tx), v128.load(a + i + voxel), v);
    v = madd(f32x4.splat(wb * sx), v128.load(b + i), v);
    v = madd(f32x4.splat(wb * tx), v128.load(b + i + voxel), v);
    v = madd(f32x4.splat(wc * sx), v128.load(c + i), v);
    v = madd(f32x4.splat(wc * tx), v128.load(c + i + voxel), v);
    v = madd(f32x4.splat(wd * sx), v128.load(d + i), v);
    v = madd(f32x4.splat(wd * tx), v128.load(d + i + voxel), v);
    v128.store(y, v);
  }
  for (; y < end; y += 4, i += 4) {
    let v = wa * (sx * load<f32>(a + i) + tx * load<f32>(a + i + voxel));
    v += wb * (sx * load<f32>(b + i) + tx * load<f32>(b + i + voxel));
    v += wc * (sx * load<f32>(c + i) + tx * load<f32>(c + i + voxel));
    v += wd * (sx * load<f32>(d + i) + tx * load<f32>(d + i + voxel));
    store<f32>(y, v);
  }
}

/** Adds dy, weighted as `blend` weights them, to the eight voxels. */
export function spread(a: usize, dy: usize, voxel: usize, row: usize, plane: usize, tx: f32, ty: f32, tz: f32): void {
  spreadRow(a, dy, voxel, (1 - ty) * (1 - tz), tx);
  spreadRow(a + row, dy, voxel, ty * (1 - tz), tx);
  spreadRow(a + plane, dy, voxel, (1 - ty) * tz, tx);
  spreadRow(a + plane + row, dy, voxel, ty * tz, tx);
}

// @ts-ignore: decorator
@inline
function spreadRow(a: usize, dy: usize, voxel: usize, weight: f32, tx: f32): void {
  const low = weight * (1 - tx), high = weight * tx, end = a + voxel;
  for (; a + 16 <= end; a += 16, dy += 16) {
    const g = v128.load(dy);
    v128.store(a, madd(f32x4.splat(low), g, v128.load(a)));
    v128.store(a + voxel, madd(f32x4.splat(high), g, v128.load(a + voxel)));
  }
  for (; a < end; a += 4, dy += 4) {
    const g = load<f32>(dy);
    store<f32>(a, load<f32>(a) + low * g);
    store<f32>(a + voxel, load<f32>(a + voxel) + high * g);
  }
}

/** What `slopes` found. */
export let slopeAlongX: f32, slopeAlongY: f32, slopeAlongZ: f32;

/** Sets the derivatives of sum(dy * blend) along tx, ty, tz. */
export function slopes(a: usize, dy: usize, voxel: usize, row: usize, plane: usize, tx: f32, ty: f32, tz: f32): void {
  const b = a + row, c = a + plane, d = c + row;
  // Products of dy with the eight voxels, summed over channels: al is the lower neighbour of row a along x, ah the upper.
  let al: f32 = 0, ah: f32 = 0, bl: f32 = 0, bh: f32 = 0, cl: f32 = 0, ch: f32 = 0, dl: f32 = 0, dh: f32 = 0;
  let i: usize = 0;
  if (voxel >= 16) {
    const zero = f32x4.splat(0);
    let val = zero, vah = zero, vbl = zero, vbh = zero, vcl = zero, vch = zero, vdl = zero, vdh = zero;
    for (; i + 16 <= voxel; i += 16) {
      const g = v128.load(dy + i);
      val = madd(g, v128.load(a + i), val);
      vah = madd(g, v128.load(a + i + voxel), vah);
      vbl = madd(g, v128.load(b + i), vbl);
      vbh = madd(g, v128.load(b + i + voxel), vbh);
      vcl = madd(g, v128.load(c + i), vcl);
      vch = madd(g, v128.load(c + i + voxel), vch);
      vdl = madd(g, v128.load(d + i), vdl);
      vdh = madd(g, v128.load(d + i + voxel), vdh);
    }
    al = sumLanes(val); ah = sumLanes(vah);
    bl = sumLanes(vbl); bh = sumLanes(vbh);
    cl = sumLanes(vcl); ch = sumLanes(vch);
    dl = sumLanes(vdl); dh = sumLanes(vdh);
  }
  for (; i < voxel; i += 4) {
    const g = load<f32>(dy + i);
    al += g * load<f32>(a + i); ah += g * load<f32>(a + i + voxel);
    bl += g * load<f32>(b + i); bh += g * load<f32>(b + i + voxel);
    cl += g * load<f32>(c + i); ch += g * load<f32>(c + i + voxel);
    dl += g * load<f32>(d + i); dh += g * load<f32>(d + i + voxel);
  }
  const sx: f32 = 1 - tx, sy: f32 = 1 - ty, sz: f32 = 1 - tz;
  slopeAlongX = sz * (sy * (ah - al) + ty * (bh - bl)) + tz * (sy * (ch - cl) + ty * (dh - dl));
  const onA = sx * al + tx * ah, onB = sx * bl + tx * bh, onC = sx * cl + tx * ch, onD = sx * dl + tx * dh;
  slopeAlongY = sz * (onB - onA) + tz * (onD - onC);
  slopeAlongZ = sy * (onC - onA) + ty * (onD - onB);
}
