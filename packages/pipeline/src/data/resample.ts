import type { Size3 } from './types';

/** Spacings this close (relative) to the wanted one are taken as equal: files of "1 mm" often say 0.997. */
export const SPACING_TOLERANCE = 0.03;

/** Whether every axis' spacing is within the tolerance of the wanted one; both in mm. */
export function spacingMatches(spacing: Size3, wanted: Size3, tolerance = SPACING_TOLERANCE): boolean {
  return spacing.every((s, a) => Math.abs(Math.abs(s) / wanted[a] - 1) <= tolerance);
}

/** Shape of a volume resampled from one spacing to another: it covers the same millimetres, rounded to a voxel. */
export function resampledShape(shape: Size3, spacing: Size3, wanted: Size3): Size3 {
  const size = (a: number) => Math.max(1, Math.round((shape[a] * Math.abs(spacing[a])) / wanted[a]));
  return [size(0), size(1), size(2)];
}

interface Tap {
  low: Int32Array;
  high: Int32Array;
  weight: Float32Array;
}

/** Source positions of the new voxel centres along an axis; both grids start at the same outer edge. */
function taps(from: number, to: number, ratio: number, nearest: boolean): Tap {
  const low = new Int32Array(to);
  const high = new Int32Array(to);
  const weight = new Float32Array(to);
  for (let n = 0; n < to; n++) {
    const at = Math.min(from - 1, Math.max(0, (n + 0.5) * ratio - 0.5));
    // Exact halves go down, so that doubling the spacing keeps every other voxel.
    low[n] = nearest ? Math.ceil(at - 0.5) : Math.floor(at);
    high[n] = Math.min(from - 1, low[n] + 1);
    weight[n] = nearest ? 0 : at - low[n];
  }
  return { low, high, weight };
}

/**
 * Resamples a volume to another spacing: `nearest` for masks, `linear` for probabilities.
 *
 * Voxel n of an axis lies at (n + 1/2) x spacing from the outer edge, which both grids share.
 *
 * @param data row-major i, j, k
 * @param spacing mm a voxel now; `wanted`: mm a voxel afterwards
 * @returns data of shape `resampledShape(shape, spacing, wanted)`, of the same array type
 */
export function resample<T extends Uint8Array | Float32Array>(
  data: T,
  shape: Size3,
  spacing: Size3,
  wanted: Size3,
  mode: 'nearest' | 'linear',
): { data: T; shape: Size3 } {
  const size = resampledShape(shape, spacing, wanted);
  const axes = [0, 1, 2].map((a) =>
    taps(shape[a], size[a], wanted[a] / Math.abs(spacing[a]), mode === 'nearest' || shape[a] === 1),
  );
  const out = (data instanceof Uint8Array ? new Uint8Array(volume(size)) : new Float32Array(volume(size))) as T;
  const [ti, tj, tk] = axes;
  const [, J, K] = shape;
  let v = 0;
  for (let i = 0; i < size[0]; i++) {
    for (let j = 0; j < size[1]; j++) {
      const row00 = (ti.low[i] * J + tj.low[j]) * K;
      if (mode === 'nearest') {
        for (let k = 0; k < size[2]; k++) out[v++] = data[row00 + tk.low[k]];
        continue;
      }
      const row01 = (ti.low[i] * J + tj.high[j]) * K;
      const row10 = (ti.high[i] * J + tj.low[j]) * K;
      const row11 = (ti.high[i] * J + tj.high[j]) * K;
      const wi = ti.weight[i];
      const wj = tj.weight[j];
      const plane = (k: number) =>
        (1 - wi) * ((1 - wj) * data[row00 + k] + wj * data[row01 + k]) +
        wi * ((1 - wj) * data[row10 + k] + wj * data[row11 + k]);
      for (let k = 0; k < size[2]; k++) {
        const wk = tk.weight[k];
        const value = plane(tk.low[k]);
        out[v++] = wk === 0 ? value : value + wk * (plane(tk.high[k]) - value);
      }
    }
  }
  return { data: out, shape: size };
}

/** Number of voxels of a grid. */
export function volume(size: Size3): number {
  return size[0] * size[1] * size[2];
}
