import type { TensorInfo } from '@tensorflow/tfjs-core';

/** How points are found: in a grid of them, or as voxel centres plus a displacement of these. */
export type Points = 'grid' | 'displacement';

export interface Sampling {
  readonly mode: 'linear' | 'nearest';
  readonly padding: 'zeros' | 'border';
}

/** The sizes that the code below uses: of the volume [B, D, H, W, C] and of the points [B, d, h, w, 3]. */
export function samplingSizes(x: TensorInfo, points: TensorInfo): Record<string, number> {
  const [, depth, height, width, channels] = x.shape;
  const [, pointDepth, pointHeight, pointWidth] = points.shape;
  const pointsOfSample = pointDepth * pointHeight * pointWidth;
  return { depth, height, width, channels, pointDepth, pointHeight, pointWidth, pointsOfSample };
}

/**
 * WGSL of sampling: `placeOf(p)`, where point p of the buffer `points` lies among the voxels, and for each of its
 * `CORNERS` the voxel `cornerOf(place, corner)` (its index in the batch, -1 outside) and the weight.
 */
export function trilinear(points: Points, { mode, padding }: Sampling): string {
  const linear = mode === 'linear';
  const offset =
    points === 'grid'
      ? 'return given;'
      : `let w = p % u.pointWidth;
  let h = p / u.pointWidth % u.pointHeight;
  let d = p / u.pointWidth / u.pointHeight % u.pointDepth;
  let sizes = vec3f(f32(u.pointWidth), f32(u.pointHeight), f32(u.pointDepth));
  return (2.0 * vec3f(f32(w), f32(h), f32(d)) + 1.0) / sizes - 1.0 + given;`;
  // Points far outside, which no index could hold, and those that are no numbers see nothing of the volume.
  const position =
    padding === 'border'
      ? `let moving = (voxel > vec3f(0.0)) & (voxel < sizes - 1.0);
  voxel = min(max(voxel, vec3f(0.0)), sizes - 1.0);`
      : `let moving = vec3<bool>(true);
  if (!all(voxel > vec3f(-1.0)) || !all(voxel < sizes)) { voxel = vec3f(-2.0); }`;
  return `const CORNERS = ${linear ? 8 : 1};
struct Place { sample: i32, lower: vec3i, fraction: vec3f, slope: vec3f };
fn pointOf(p: i32) -> vec3f {
  let given = vec3f(points[3 * p], points[3 * p + 1], points[3 * p + 2]);
  ${offset}
}
fn placeOf(p: i32) -> Place {
  let sizes = vec3f(f32(u.width), f32(u.height), f32(u.depth));
  var voxel = (pointOf(p) + 1.0) * (sizes * 0.5) - 0.5;
  ${position}
  let lower = ${linear ? 'floor(voxel)' : 'round(voxel)'};
  let slope = select(vec3f(0.0), sizes * 0.5, moving);
  return Place(p / u.pointsOfSample, vec3i(lower), voxel - lower, slope);
}
fn stepOf(corner: i32) -> vec3i { return vec3i(corner & 1, (corner >> 1u) & 1, corner >> 2u); }
fn cornerOf(place: Place, corner: i32) -> i32 {
  let at = place.lower + stepOf(corner);
  let sizes = vec3i(u.width, u.height, u.depth);
  if (any(at < vec3i(0)) || any(at >= sizes)) { return -1; }
  return ((place.sample * u.depth + at.z) * u.height + at.y) * u.width + at.x;
}
fn factorsOf(place: Place, corner: i32) -> vec3f {
  return select(1.0 - place.fraction, place.fraction, stepOf(corner) == vec3i(1));
}
fn weightOf(place: Place, corner: i32) -> f32 {
  ${linear ? 'let factors = factorsOf(place, corner); return factors.x * factors.y * factors.z;' : 'return 1.0;'}
}
`;
}

/** `sampled(p, c)`: channel c of the volume `x` at point p. */
export const SAMPLED = `
fn sampled(p: i32, c: i32) -> f32 {
  let place = placeOf(p);
  var sum = 0.0;
  for (var corner = 0; corner < CORNERS; corner++) {
    let voxel = cornerOf(place, corner);
    if (voxel >= 0) { sum += weightOf(place, corner) * x[voxel * u.channels + c]; }
  }
  return sum;
}
`;

/** `pointGradient(p)`: from dy to point p, whose x, y, z are normalised. For linear sampling. */
export const POINT_GRADIENT = `
fn pointGradient(p: i32) -> vec3f {
  let place = placeOf(p);
  var sum = vec3f(0.0);
  for (var corner = 0; corner < CORNERS; corner++) {
    let voxel = cornerOf(place, corner);
    if (voxel < 0) { continue; }
    var value = 0.0;
    for (var c = 0; c < u.channels; c++) { value += dy[p * u.channels + c] * x[voxel * u.channels + c]; }
    let f = factorsOf(place, corner);
    let signs = vec3f(2 * stepOf(corner) - 1);
    sum += value * signs * vec3f(f.y * f.z, f.x * f.z, f.x * f.y);
  }
  return sum * place.slope;
}
`;

/** Of a scatter over the points and channels: dy to the voxels that each point sampled. */
export const SPREAD = `
fn element(i: i32) {
  let place = placeOf(i / u.channels);
  for (var corner = 0; corner < CORNERS; corner++) {
    let voxel = cornerOf(place, corner);
    if (voxel >= 0) { accumulate(voxel * u.channels + i % u.channels, weightOf(place, corner) * dy[i]); }
  }
}
`;
