/** PyTorch's `InstanceNorm3d`, as in `instanceNormPrelu`. */
const EPSILON = 1e-5;

/**
 * Mean and variance of each channel of a volume that comes in parts, in double precision.
 *
 * Sums are taken of the differences from the first voxel. That is at most sqrt(n) standard deviations from the mean of n
 * voxels, so that the variance keeps all the digits of float32 however large the mean is.
 */
export class ChannelMoments {
  private readonly origin: Float64Array;
  private readonly sums: Float64Array;
  private readonly squares: Float64Array;
  private voxels = 0;

  constructor(readonly channels: number) {
    this.origin = new Float64Array(channels);
    this.sums = new Float64Array(channels);
    this.squares = new Float64Array(channels);
  }

  /** @param values [voxels, channels] */
  add(values: Float32Array): void {
    const { channels, origin, sums, squares } = this;
    if (this.voxels === 0) origin.set(values.subarray(0, channels));
    for (let at = 0; at < values.length; at += channels) {
      for (let c = 0; c < channels; c++) {
        const difference = values[at + c] - origin[c];
        sums[c] += difference;
        squares[c] += difference * difference;
      }
    }
    this.voxels += values.length / channels;
  }

  get mean(): Float64Array {
    return this.sums.map((sum, c) => this.origin[c] + sum / this.voxels);
  }

  /** Biased, as instance norm takes it. */
  get variance(): Float64Array {
    return this.squares.map((square, c) => square / this.voxels - (this.sums[c] / this.voxels) ** 2);
  }
}

/** Instance norm with these moments, then PReLU: `instanceNormPrelu` of values [voxels, channels], in place. */
export function normalisePrelu(values: Float32Array, moments: ChannelMoments, alpha: number): void {
  const { channels, mean, variance } = moments;
  const scale = variance.map((v) => 1 / Math.sqrt(v + EPSILON));
  for (let at = 0; at < values.length; at += channels) {
    for (let c = 0; c < channels; c++) {
      const z = (values[at + c] - mean[c]) * scale[c];
      values[at + c] = z > 0 ? z : alpha * z;
    }
  }
}
