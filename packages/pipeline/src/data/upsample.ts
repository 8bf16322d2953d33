import type { Size3 } from './types';

/** Four neighbouring knots of every voxel of an axis, and their weights. */
interface CubicTaps {
  /** `[n, 4]` */
  index: Int32Array;
  weight: Float32Array;
}

/**
 * Cubic convolution (Keys 1981, a = -1/2): passes through the knots and has a continuous derivative. The first and the
 * last knot lie at the outer edges of the axis, voxels at their centres; beyond the edges the outermost knot repeats.
 */
function cubicTaps(voxels: number, knots: number): CubicTaps {
  const index = new Int32Array(4 * voxels);
  const weight = new Float32Array(4 * voxels);
  for (let n = 0; n < voxels; n++) {
    const at = ((n + 0.5) / voxels) * (knots - 1);
    const base = Math.min(knots - 2, Math.floor(at));
    const t = at - base;
    const weights = [
      ((-0.5 * t + 1) * t - 0.5) * t,
      (1.5 * t - 2.5) * t * t + 1,
      ((-1.5 * t + 2) * t + 0.5) * t,
      (0.5 * t - 0.5) * t * t,
    ];
    for (let s = 0; s < 4; s++) {
      index[4 * n + s] = Math.min(knots - 1, Math.max(0, base - 1 + s));
      weight[4 * n + s] = weights[s];
    }
  }
  return { index, weight };
}

/**
 * Upsamples knots to a dense grid, one axis after the other, each by {@link cubicTaps}.
 *
 * @param knots `[a, b, c, channels]`, row-major, at least 2 knots an axis (1 along an axis of one voxel)
 * @returns `[I, J, K, channels]`
 */
export function upsampleCubic(knots: Float32Array, shape: Size3, size: Size3, channels: number): Float32Array {
  const alongK = axisCubic(knots, shape[0] * shape[1], shape[2], channels, size[2]);
  const alongJ = axisCubic(alongK, shape[0], shape[1], size[2] * channels, size[1]);
  return axisCubic(alongJ, 1, shape[0], size[1] * size[2] * channels, size[0]);
}

/** `[outer, from, inner]` -> `[outer, to, inner]` */
function axisCubic(data: Float32Array, outer: number, from: number, inner: number, to: number): Float32Array {
  if (from === 1) {
    if (to === 1) return data;
    throw new RangeError(`upsampleCubic: expected at least 2 knots along an axis of ${to} voxels, got 1; add knots`);
  }
  const { index, weight } = cubicTaps(to, from);
  const out = new Float32Array(outer * to * inner);
  for (let o = 0; o < outer; o++) {
    const base = o * from * inner;
    for (let n = 0; n < to; n++) {
      const [a, b, c, d] = [0, 1, 2, 3].map((s) => base + index[4 * n + s] * inner);
      const wa = weight[4 * n];
      const wb = weight[4 * n + 1];
      const wc = weight[4 * n + 2];
      const wd = weight[4 * n + 3];
      const row = (o * to + n) * inner;
      for (let x = 0; x < inner; x++) {
        out[row + x] = wa * data[a + x] + wb * data[b + x] + wc * data[c + x] + wd * data[d + x];
      }
    }
  }
  return out;
}
