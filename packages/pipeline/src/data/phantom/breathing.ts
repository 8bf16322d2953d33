import type { Random } from '@paired3d/nn';
import type { Size3 } from '../types';

interface Bump {
  centre: readonly number[];
  strength: readonly number[];
  /** 1 / (2 sigma^2), mm^-2 */
  falloff: number;
}

/**
 * A smooth random breathing motion: the flow over unit time of a stationary velocity, and so a diffeomorphism.
 *
 * velocity(x) = scale * window(x) * (u g(k) + sum of Gaussian bumps), in mm, where u is a random direction, mainly
 * along k (head-foot), g falls from 1 at the diaphragm (low k) to 0.35 at the apex, and each component is damped to
 * zero at the two faces of the grid that it points to, so that nothing leaves the grid.
 */
export class Breathing {
  private readonly direction: number[];
  private readonly bumps: Bump[];
  private scale = 1;

  /**
   * @param extent mm of the grid along i, j, k; an axis of one voxel (`flat`) does not move
   */
  constructor(
    private readonly extent: Size3,
    private readonly flat: boolean,
    random: Random,
  ) {
    const vector = (i: number, j: number, k: number) => {
      const v = [i * random.normal(), j * random.normal(), k * random.normal()];
      if (flat) v[0] = 0;
      return v;
    };
    const u = vector(0.5, 0.5, 1);
    const length = Math.hypot(...u) || 1;
    this.direction = u.map((value) => value / length);
    const width = 0.22 * Math.min(...extent.slice(flat ? 1 : 0));
    this.bumps = Array.from({ length: 4 }, () => ({
      centre: extent.map((e) => (random.uniform() - 0.5) * 0.7 * e),
      strength: vector(0.35, 0.35, 0.5),
      falloff: 1 / (2 * (width * (0.8 + 0.5 * random.uniform())) ** 2),
    }));
  }

  /** Scales the motion so that `points` ([n, 3] mm) move by `length` mm on average. */
  scaleTo(length: number, points: Float64Array): void {
    this.scale = length === 0 ? 0 : 1;
    if (points.length === 0 || length === 0) return;
    // The length grows almost linearly with the scale: three corrections leave less than 1 %.
    for (let round = 0; round < 3; round++) {
      const mean = meanDistance(points, this.transport(points));
      if (mean === 0) return;
      this.scale *= length / mean;
    }
  }

  /** Points of the fixed scan ([n, 3], mm along i, j, k) where they are in the moving scan. */
  transport(points: Float64Array, steps = 6): Float64Array {
    const out = new Float64Array(points.length);
    const h = 1 / steps;
    const [k1, k2, k3, k4] = [0, 1, 2, 3].map(() => [0, 0, 0]);
    for (let p = 0; p < points.length; p += 3) {
      let x = points[p];
      let y = points[p + 1];
      let z = points[p + 2];
      for (let s = 0; s < steps; s++) {
        // Classical Runge-Kutta of fourth order.
        this.velocity(x, y, z, k1);
        this.velocity(x + (h / 2) * k1[0], y + (h / 2) * k1[1], z + (h / 2) * k1[2], k2);
        this.velocity(x + (h / 2) * k2[0], y + (h / 2) * k2[1], z + (h / 2) * k2[2], k3);
        this.velocity(x + h * k3[0], y + h * k3[1], z + h * k3[2], k4);
        x += (h / 6) * (k1[0] + 2 * k2[0] + 2 * k3[0] + k4[0]);
        y += (h / 6) * (k1[1] + 2 * k2[1] + 2 * k3[1] + k4[1]);
        z += (h / 6) * (k1[2] + 2 * k2[2] + 2 * k3[2] + k4[2]);
      }
      out[p] = x;
      out[p + 1] = y;
      out[p + 2] = z;
    }
    return out;
  }

  private velocity(i: number, j: number, k: number, out: number[]): void {
    const { extent, direction, scale } = this;
    const height = Math.min(1, Math.max(0, k / extent[2] + 0.5));
    const g = 1 - 0.65 * height * height * (3 - 2 * height);
    let vi = g * direction[0];
    let vj = g * direction[1];
    let vk = g * direction[2];
    for (const { centre, strength, falloff } of this.bumps) {
      const d2 = (i - centre[0]) ** 2 + (j - centre[1]) ** 2 + (k - centre[2]) ** 2;
      const w = Math.exp(-d2 * falloff);
      vi += w * strength[0];
      vj += w * strength[1];
      vk += w * strength[2];
    }
    out[0] = this.flat ? 0 : scale * vi * damping((2 * i) / extent[0]);
    out[1] = scale * vj * damping((2 * j) / extent[1]);
    out[2] = scale * vk * damping((2 * k) / extent[2]);
  }
}

/** 1 in the middle of an axis, 0 at u = -1 and 1, and beyond. */
function damping(u: number): number {
  const square = u * u;
  return square >= 1 ? 0 : 1 - square * square * square;
}

/** Mean distance in the points' unit between two lists of points, [n, 3]. */
export function meanDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let p = 0; p < a.length; p += 3) sum += Math.hypot(a[p] - b[p], a[p + 1] - b[p + 1], a[p + 2] - b[p + 2]);
  return a.length === 0 ? 0 : (3 * sum) / a.length;
}
