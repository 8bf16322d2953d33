// Sampling of a volume at points, as PyTorch's grid_sample with align_corners = false: normalised coordinate g lies at
// voxel ((g + 1) * size - 1) / 2. Single-threaded, so the scatter of the gradient adds in a fixed order.
import { addScaled, dot } from './rows';

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
  const C = s.channels, voxel = <usize>C << 2;
  let g = s.grid, y = s.y;
  memory.fill(y, 0, <usize>s.points * voxel);
  for (let p = 0; p < s.points; p++) {
    const fx = locate(load<f32>(g), s.width, s.border);
    const fy = locate(load<f32>(g, 4), s.height, s.border);
    const fz = locate(load<f32>(g, 8), s.depth, s.border);
    if (s.nearest) {
      const ix = <i32>nearest(fx), iy = <i32>nearest(fy), iz = <i32>nearest(fz);
      if (inside(iz, iy, ix, s)) memory.copy(y, at(s.x, iz, iy, ix, s), voxel);
    } else {
      const x0 = floor(fx), y0 = floor(fy), z0 = floor(fz);
      const tx = fx - x0, ty = fy - y0, tz = fz - z0;
      for (let corner = 0; corner < 8; corner++) {
        const ix = <i32>x0 + (corner & 1), iy = <i32>y0 + ((corner >> 1) & 1), iz = <i32>z0 + (corner >> 2);
        if (!inside(iz, iy, ix, s)) continue;
        const weight = side(tx, corner & 1) * side(ty, corner & 2) * side(tz, corner & 4);
        addScaled(y, at(s.x, iz, iy, ix, s), weight, C);
      }
    }
    g += 12;
    y += voxel;
  }
}

/** Adds to dx (which the caller zeroed) and sets dgrid. */
export function gridSampleGradient(s: GridSample): void {
  const C = s.channels, voxel = <usize>C << 2;
  let g = s.grid, dy = s.y, dgrid = s.dgrid;
  for (let p = 0; p < s.points; p++) {
    const fx = locate(load<f32>(g), s.width, s.border), slopeX = slope;
    const fy = locate(load<f32>(g, 4), s.height, s.border), slopeY = slope;
    const fz = locate(load<f32>(g, 8), s.depth, s.border), slopeZ = slope;
    let gx: f32 = 0, gy: f32 = 0, gz: f32 = 0;
    if (s.nearest) {
      const ix = <i32>nearest(fx), iy = <i32>nearest(fy), iz = <i32>nearest(fz);
      if (s.dx != 0 && inside(iz, iy, ix, s)) addScaled(at(s.dx, iz, iy, ix, s), dy, 1, C);
    } else {
      const x0 = floor(fx), y0 = floor(fy), z0 = floor(fz);
      const tx = fx - x0, ty = fy - y0, tz = fz - z0;
      for (let corner = 0; corner < 8; corner++) {
        const ix = <i32>x0 + (corner & 1), iy = <i32>y0 + ((corner >> 1) & 1), iz = <i32>z0 + (corner >> 2);
        if (!inside(iz, iy, ix, s)) continue;
        const wx = side(tx, corner & 1), wy = side(ty, corner & 2), wz = side(tz, corner & 4);
        if (s.dx != 0) addScaled(at(s.dx, iz, iy, ix, s), dy, wx * wy * wz, C);
        const value = dot(dy, at(s.x, iz, iy, ix, s), C);
        gx += sign(value, corner & 1) * wy * wz;
        gy += sign(value, corner & 2) * wx * wz;
        gz += sign(value, corner & 4) * wx * wy;
      }
    }
    store<f32>(dgrid, gx * slopeX);
    store<f32>(dgrid, gy * slopeY, 4);
    store<f32>(dgrid, gz * slopeZ, 8);
    g += 12;
    dgrid += 12;
    dy += voxel;
  }
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
