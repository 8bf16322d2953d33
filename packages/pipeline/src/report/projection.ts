import { PipelineError } from '../errors';
import { quantile } from './statistics';
import type { ReportSize } from './types';

/** Along which axis a volume is flattened: `coronal` along j (seen from the front), `sagittal` along i (from the side). */
export type Plane = 'coronal' | 'sagittal';

/**
 * How the voxels along the axis become one value. `shaded` is the maximum, fainter where little lies behind it: the
 * maximum alone turns a dense tree of vessels into its silhouette.
 */
export type ProjectionMode = 'max' | 'mean' | 'shaded';

/** A picture of one channel, row-major from the top left corner. */
export interface GreyImage {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** A picture of four bytes a pixel (red, green, blue, alpha), row-major from the top left corner. */
export interface RgbaImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

type Rgb = readonly [number, number, number];

/**
 * The report's two inks. They are near complements, so that where both are full the product is close to a neutral
 * dark grey: what is well aligned looks like ink on paper, what is not shows blue or orange seams.
 */
export const FIXED_INK: Rgb = [38, 98, 217];
export const MOVING_INK: Rgb = [242, 121, 40];
export const PAPER: Rgb = [252, 252, 251];

/**
 * Flattens a volume `[I, J, K]` (row-major i, j, k) to a picture with the head up: y = K - 1 - k, and x = i (coronal)
 * or x = j (sagittal). A volume `[1, H, W]` is a 2D picture already and is shown as it is, H down and W to the right.
 *
 * @throws {PipelineError} when the volume's length is not the product of its size
 */
export function project(
  volume: Float32Array,
  size: ReportSize,
  { plane = 'coronal', mode = 'max' }: { readonly plane?: Plane; readonly mode?: 'max' | 'mean' } = {},
): GreyImage {
  const [I, J, K] = size;
  if (volume.length !== I * J * K) {
    throw new PipelineError({
      where: 'project',
      expected: `${I * J * K} voxels for size ${size.join(' x ')}`,
      got: `${volume.length}`,
      advice: 'pass the size of this very volume',
    });
  }
  if (I === 1) return { width: K, height: J, values: volume.slice() };

  const coronal = plane === 'coronal';
  const [width, depth] = coronal ? [I, J] : [J, I];
  const [strideX, strideDepth] = coronal ? [J * K, K] : [K, J * K];
  const values = new Float32Array(width * K);
  for (let x = 0; x < width; x++) {
    for (let k = 0; k < K; k++) {
      let maximum = -Infinity;
      let sum = 0;
      for (let d = 0, at = x * strideX + k; d < depth; d++, at += strideDepth) {
        const value = volume[at];
        if (value > maximum) maximum = value;
        sum += value;
      }
      values[(K - 1 - k) * width + x] = mode === 'max' ? maximum : sum / depth;
    }
  }
  return { width, height: K, values };
}

/** Enlarges a picture by an integer factor with Catmull-Rom interpolation, pixel centres aligned, clamped to [0, 1]. */
export function enlarge(image: GreyImage, factor: number): GreyImage {
  if (factor === 1) return image;
  const { width, height, values } = image;
  const wide = enlargeLines(values, height, width, width, 1, factor);
  const high = enlargeLines(wide, width * factor, height, 1, width * factor, factor);
  // The second pass wrote one line per column; turn it back to rows.
  const out = new Float32Array(high.length);
  const [W, H] = [width * factor, height * factor];
  for (let x = 0; x < W; x++) {
    for (let y = 0; y < H; y++) out[y * W + x] = Math.min(1, Math.max(0, high[x * H + y]));
  }
  return { width: W, height: H, values: out };
}

/** Interpolates `lines` lines of `length` samples; the output holds them one after the other. */
function enlargeLines(
  values: Float32Array,
  lines: number,
  length: number,
  lineStride: number,
  sampleStride: number,
  factor: number,
): Float32Array {
  const out = new Float32Array(lines * length * factor);
  for (let position = 0; position < length * factor; position++) {
    const source = (position + 0.5) / factor - 0.5;
    const base = Math.floor(source);
    const weights = catmullRom(source - base);
    for (let tap = 0; tap < 4; tap++) {
      const sample = Math.min(length - 1, Math.max(0, base - 1 + tap));
      for (let line = 0; line < lines; line++) {
        out[line * length * factor + position] += weights[tap] * values[line * lineStride + sample * sampleStride];
      }
    }
  }
  return out;
}

/** Weights of the samples at -1, 0, 1, 2 for a point `t` in [0, 1) after sample 0. */
function catmullRom(t: number): [number, number, number, number] {
  const [t2, t3] = [t * t, t * t * t];
  return [(-t3 + 2 * t2 - t) / 2, (3 * t3 - 5 * t2 + 2) / 2, (-3 * t3 + 4 * t2 + t) / 2, (t3 - t2) / 2];
}

/**
 * Prints both pictures on the same paper: values in [0, 1] are how much ink there is, and inks multiply.
 *
 * @throws {PipelineError} when the pictures differ in size
 */
export function overlay(fixed: GreyImage, moving: GreyImage): RgbaImage {
  const { width, height } = fixed;
  if (moving.width !== width || moving.height !== height) {
    throw new PipelineError({
      where: 'overlay',
      expected: `a moving picture of ${width} x ${height}`,
      got: `${moving.width} x ${moving.height}`,
      advice: 'project both volumes of a pair at the same size',
    });
  }
  const data = new Uint8ClampedArray(width * height * 4);
  for (let at = 0; at < width * height; at++) {
    const inkFixed = unit(fixed.values[at]);
    const inkMoving = unit(moving.values[at]);
    for (let channel = 0; channel < 3; channel++) {
      const throughFixed = 1 - inkFixed * (1 - FIXED_INK[channel] / 255);
      const throughMoving = 1 - inkMoving * (1 - MOVING_INK[channel] / 255);
      data[at * 4 + channel] = PAPER[channel] * throughFixed * throughMoving;
    }
    data[at * 4 + 3] = 255;
  }
  return { width, height, data };
}

/** So many shades of an ink are enough for the eye, and compress to a third. */
const SHADES = 40;

/** Clamps to [0, 1] and rounds to a shade; what is not a number is no ink. */
function unit(value: number): number {
  return value > 0 ? Math.round(Math.min(1, value) * SHADES) / SHADES : 0;
}

/**
 * The overlay of two volumes as the report shows it: projected, and enlarged by the largest integer factor that keeps
 * the longer side within `target` pixels.
 *
 * @param options.mode `shaded` by default; both volumes are shaded by the same measure, so that they stay comparable
 */
export function overlayVolumes(
  fixed: Float32Array,
  moving: Float32Array,
  size: ReportSize,
  options: { readonly plane?: Plane; readonly mode?: ProjectionMode; readonly target?: number } = {},
): RgbaImage {
  const { plane = 'coronal', mode = 'shaded', target = 256 } = options;
  let images = [fixed, moving].map((volume) =>
    project(volume, size, { plane, mode: mode === 'mean' ? 'mean' : 'max' }),
  );
  // A 2D picture has nothing behind it to shade with.
  if (mode === 'shaded' && size[0] > 1) {
    const means = [fixed, moving].map((volume) => project(volume, size, { plane, mode: 'mean' }));
    const full = fullInk(means);
    images = images.map((image, n) => shade(image, means[n], full));
  }
  const factor = Math.max(1, Math.floor(target / Math.max(images[0].width, images[0].height)));
  const [a, b] = images.map((image) => enlarge(image, factor));
  return overlay(a, b);
}

/** The mean along the axis that counts as full ink: what all but the thickest twentieth of the inked pixels stay below. */
function fullInk(means: readonly GreyImage[]): number {
  const inked = Float32Array.from(means.flatMap(({ values }) => [...values.filter((value) => value > 0)])).sort();
  return inked.length > 0 ? quantile(inked, 0.95) : 1;
}

/** At least this part of the ink of the maximum is left however little lies behind it. */
const FAINTEST = 0.2;

function shade(maximum: GreyImage, mean: GreyImage, full: number): GreyImage {
  const values = maximum.values.map((value, at) => {
    const behind = Math.min(1, Math.max(0, mean.values[at]) / full);
    return value * (FAINTEST + (1 - FAINTEST) * behind);
  });
  return { ...maximum, values };
}
