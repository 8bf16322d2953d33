// Sampling of a volume at points, as PyTorch's grid_sample with align_corners = false: normalised coordinate g lies at
// voxel ((g + 1) * size - 1) / 2. Single-threaded, so the scatter of the gradient adds in a fixed order.
import { addScaled, dot } from './rows';
import { blend, slopeAlongX, slopeAlongY, slopeAlongZ, slopes, spread } from './trilinear';

@unmanaged
class GridSample {
  /** One sample: x [depth, height, width, channels]. */
  x!: usize;
  /** [points, 3] in the order x, y, z, that is along the width, height, depth. */
  grid!: usize;
  /** [points, channels]: the result, or the gradient that comes back to it. */
  y!: usize;
  /** Gradients of x, if it is wanted (else 0), and of grid. */
  dx!: usize;
  dgrid!: usize;
  depth!: i32;
  height!: i32;
  width!: i32;
  channels!: i32;
  points!: i32;
  nearest!: i32;
  border!: i32;
}

let slope: f32;

/** Voxel coordinate of g, and in `slope` its derivative. What is not a number ends up outside the volume. */
function locate(g: f32, size: i32, border: i32): f32 {
  const limit = <f32>size;
  let at = ((g + 1) * limit - 1) / 2;
  slope = limit / 2;
  if (border) {
    if (at <= 0) {
      at = 0;
      slope = 0;
    } else if (at >= limit - 1) {
      at = limit - 1;
      slope = 0;
    }
  }
  // Beyond one voxel outside nothing changes, and integers stay small; also catches NaN.
  if (!(at > -2)) return -2;
  return at > limit + 1 ? limit + 1 : at;
}

// @ts-ignore: decorator
@inline
function inside(z: i32, y: i32, x: i32, s: GridSample): bool {
  return z >= 0 && z < s.depth && y >= 0 && y < s.height && x >= 0 && x < s.width;
}

/** y = x at the points of the grid. */
export function gridSample(s: GridSample): void {
  const voxel = <usize>s.channels << 2, row = <usize>s.width * voxel, plane = <usize>s.height * row;
  let g = s.grid, y = s.y;
  memory.fill(y, 0, <usize>s.points * voxel);
  for (let p = 0; p < s.points; p++, g += 12, y += voxel) {
    const fx = locate(load<f32>(g), s.width, s.border);
    const fy = locate(load<f32>(g, 4), s.height, s.border);
    const fz = locate(load<f32>(g, 8), s.depth, s.border);
    if (s.nearest) {
      const ix = <i32>nearest(fx), iy = <i32>nearest(fy), iz = <i32>nearest(fz);
      if (inside(iz, iy, ix, s)) memory.copy(y, at(s.x, iz, iy, ix, s), voxel);
      continue;
    }
    const ix = <i32>floor(fx), iy = <i32>floor(fy), iz = <i32>floor(fz);
    const tx = fx - <f32>ix, ty = fy - <f32>iy, tz = fz - <f32>iz;
    if (interior(iz, iy, ix, s)) blend(at(s.x, iz, iy, ix, s), y, voxel, row, plane, tx, ty, tz);
    else blendEdge(s, iz, iy, ix, tx, ty, tz, y);
  }
}

/** Adds to dx (which the caller zeroed) and sets dgrid. */
export function gridSampleGradient(s: GridSample): void {
  const voxel = <usize>s.channels << 2, row = <usize>s.width * voxel, plane = <usize>s.height * row;
  let g = s.grid, dy = s.y, dgrid = s.dgrid;
  for (let p = 0; p < s.points; p++, g += 12, dgrid += 12, dy += voxel) {
    const fx = locate(load<f32>(g), s.width, s.border), toX = slope;
    const fy = locate(load<f32>(g, 4), s.height, s.border), toY = slope;
    const fz = locate(load<f32>(g, 8), s.depth, s.border), toZ = slope;
    if (s.nearest) {
      const ix = <i32>nearest(fx), iy = <i32>nearest(fy), iz = <i32>nearest(fz);
      if (s.dx != 0 && inside(iz, iy, ix, s)) addScaled(at(s.dx, iz, iy, ix, s), dy, 1, s.channels);
      memory.fill(dgrid, 0, 12);
      continue;
    }
    const ix = <i32>floor(fx), iy = <i32>floor(fy), iz = <i32>floor(fz);
    const tx = fx - <f32>ix, ty = fy - <f32>iy, tz = fz - <f32>iz;
    if (interior(iz, iy, ix, s)) {
      if (s.dx != 0) spread(at(s.dx, iz, iy, ix, s), dy, voxel, row, plane, tx, ty, tz);
      slopes(at(s.x, iz, iy, ix, s), dy, voxel, row, plane, tx, ty, tz);
      store<f32>(dgrid, slopeAlongX * toX);
      store<f32>(dgrid, slopeAlongY * toY, 4);
      store<f32>(dgrid, slopeAlongZ * toZ, 8);
    } else gradientAtEdge(s, iz, iy, ix, tx, ty, tz, dy, dgrid, toX, toY, toZ);
  }
}

/** As blend, of the corners that are inside. */
function blendEdge(s: GridSample, iz: i32, iy: i32, ix: i32, tx: f32, ty: f32, tz: f32, y: usize): void {
  for (let corner = 0; corner < 8; corner++) {
    const x1 = ix + (corner & 1), y1 = iy + ((corner >> 1) & 1), z1 = iz + (corner >> 2);
    if (!inside(z1, y1, x1, s)) continue;
    const weight = side(tx, corner & 1) * side(ty, corner & 2) * side(tz, corner & 4);
    addScaled(y, at(s.x, z1, y1, x1, s), weight, s.channels);
  }
}

function gradientAtEdge(
  s: GridSample,
  iz: i32, iy: i32, ix: i32,
  tx: f32, ty: f32, tz: f32,
  dy: usize, dgrid: usize,
  toX: f32, toY: f32, toZ: f32,
): void {
  let gx: f32 = 0, gy: f32 = 0, gz: f32 = 0;
  for (let corner = 0; corner < 8; corner++) {
    const x1 = ix + (corner & 1), y1 = iy + ((corner >> 1) & 1), z1 = iz + (corner >> 2);
    if (!inside(z1, y1, x1, s)) continue;
    const wx = side(tx, corner & 1), wy = side(ty, corner & 2), wz = side(tz, corner & 4);
    if (s.dx != 0) addScaled(at(s.dx, z1, y1, x1, s), dy, wx * wy * wz, s.channels);
    const value = dot(dy, at(s.x, z1, y1, x1, s), s.channels);
    gx += sign(value, corner & 1) * wy * wz;
    gy += sign(value, corner & 2) * wx * wz;
    gz += sign(value, corner & 4) * wx * wy;
  }
  store<f32>(dgrid, gx * toX);
  store<f32>(dgrid, gy * toY, 4);
  store<f32>(dgrid, gz * toZ, 8);
}

/** Whether a voxel and its upper neighbours are inside. */
// @ts-ignore: decorator
@inline
function interior(z: i32, y: i32, x: i32, s: GridSample): bool {
  return z >= 0 && z + 1 < s.depth && y >= 0 && y + 1 < s.height && x >= 0 && x + 1 < s.width;
}

// @ts-ignore: decorator
@inline
function at(volume: usize, z: i32, y: i32, x: i32, s: GridSample): usize {
  return volume + (<usize>((z * s.height + y) * s.width + x) * <usize>s.channels << 2);
}

/** Weight of the upper or the lower neighbour at fraction t between them. */
// @ts-ignore: decorator
@inline
function side(t: f32, upper: i32): f32 {
  return upper ? t : 1 - t;
}

// @ts-ignore: decorator
@inline
function sign(value: f32, upper: i32): f32 {
  return upper ? value : -value;
}
