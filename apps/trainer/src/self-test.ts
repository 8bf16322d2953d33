import type { Precision } from '@paired3d/ops/webgpu';
import type { Rank, Tensor5D } from '@tensorflow/tfjs';
import type { Tfjs } from './set-backend';

/** What the current backend's 3D convolution does. */
export interface SelfTest {
  /** Largest difference from a convolution written out in plain loops. */
  readonly maxError: number;
  readonly ok: boolean;
  /** Billions of additions and multiplications a second in the largest of the timed convolutions. */
  readonly gflops: number;
  /** Its edge in voxels, and its channels in and out. */
  readonly size: number;
  readonly channels: number;
}

const TOLERANCE = { float32: 1e-4, mixed: 1e-2 };
const ENOUGH_MS = 100;

/** Checks the current backend's conv3d on a small case, then times it on ever larger ones until one takes 0.1 s. */
export async function testConv3d(tf: Tfjs, precision: Precision = 'float32'): Promise<SelfTest> {
  const { conv3d } = await import('@paired3d/ops');
  const maxError = await largestError(tf, conv3d);
  let measured = { gflops: 0, size: 0, channels: 0 };
  for (const size of [8, 16, 32]) {
    const channels = size;
    const x = tf.randomNormal<Rank.R5>([1, size, size, size, channels], 0, 1, 'float32', 1);
    const filter = tf.randomNormal<Rank.R5>([3, 3, 3, channels, channels], 0, 0.1, 'float32', 2);
    let best = Infinity;
    for (let repeat = 0; repeat < 3; repeat++) {
      const start = performance.now();
      const y = conv3d(x, filter);
      await y.data();
      y.dispose();
      best = Math.min(best, performance.now() - start);
    }
    tf.dispose([x, filter]);
    measured = { gflops: (2 * 27 * channels * channels * size ** 3) / best / 1e6, size, channels };
    if (best > ENOUGH_MS) break;
  }
  return { maxError, ok: maxError < TOLERANCE[precision], ...measured };
}

async function largestError(tf: Tfjs, conv3d: (x: Tensor5D, filter: Tensor5D) => Tensor5D): Promise<number> {
  const [size, channelsIn, channelsOut] = [4, 3, 5];
  const values = (n: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(1.7 * i + 0.3));
  const x = values(size ** 3 * channelsIn);
  const filter = values(27 * channelsIn * channelsOut);
  const y = tf.tidy(() =>
    conv3d(tf.tensor5d(x, [1, size, size, size, channelsIn]), tf.tensor5d(filter, [3, 3, 3, channelsIn, channelsOut])),
  );
  const computed = await y.data();
  y.dispose();
  const expected = plainConv3d(x, filter, size, channelsIn, channelsOut);
  // NaN must not pass as a small error.
  return expected.reduce((worst, value, i) => {
    const error = Math.abs(value - computed[i]);
    return error <= worst ? worst : Number.isNaN(error) ? Infinity : error;
  }, 0);
}

/** A 3x3x3 convolution with one voxel of zeros around, from its definition. */
function plainConv3d(
  x: Float32Array,
  filter: Float32Array,
  size: number,
  channelsIn: number,
  channelsOut: number,
): Float64Array {
  const y = new Float64Array(size ** 3 * channelsOut);
  const at = (d: number, h: number, w: number) => (d * size + h) * size + w;
  for (let voxel = 0; voxel < size ** 3; voxel++) {
    const [d, h, w] = [Math.floor(voxel / size ** 2), Math.floor(voxel / size) % size, voxel % size];
    for (let tap = 0; tap < 27; tap++) {
      const from = [d + Math.floor(tap / 9) - 1, h + (Math.floor(tap / 3) % 3) - 1, w + (tap % 3) - 1] as const;
      if (from.some((i) => i < 0 || i >= size)) continue;
      for (let ci = 0; ci < channelsIn; ci++) {
        const value = x[at(...from) * channelsIn + ci];
        const weights = (tap * channelsIn + ci) * channelsOut;
        for (let co = 0; co < channelsOut; co++) y[voxel * channelsOut + co] += value * filter[weights + co];
      }
    }
  }
  return y;
}
