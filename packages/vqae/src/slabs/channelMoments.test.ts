import { Random } from '@paired3d/nn';
import { instanceNormPrelu } from '@paired3d/ops';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect, it } from 'vitest';
import { ChannelMoments, normalisePrelu } from './channelMoments';

beforeAll(() => tf.setBackend('cpu'));

const [voxels, channels] = [5 * 4 * 3, 3];

/** Values of one channel about 0, of one about 1000, of one all the same. */
const values = Float32Array.from(
  new Random(1).normals(voxels * channels),
  (value, i) => [value, 1000 + value, 7][i % 3],
);

const momentsOf = (cuts: readonly number[]) => {
  const moments = new ChannelMoments(channels);
  [0, ...cuts].forEach((from, i) => moments.add(values.subarray(from * channels, (cuts[i] ?? voxels) * channels)));
  return moments;
};

it('has the moments of the whole, however it is cut', () => {
  for (const cuts of [[], [1], [7, 8, 40]]) {
    const { mean, variance } = momentsOf(cuts);
    for (let c = 0; c < channels; c++) {
      const channel = Array.from({ length: voxels }, (_, v) => values[v * channels + c]);
      const expected = channel.reduce((a, b) => a + b) / voxels;
      expect(mean[c]).toBeCloseTo(expected, 10);
      expect(variance[c]).toBeCloseTo(channel.reduce((sum, x) => sum + (x - expected) ** 2, 0) / voxels, 10);
    }
  }
});

it('normalises as instanceNormPrelu does', async () => {
  const normalised = values.slice();
  normalisePrelu(normalised, momentsOf([13]), 0.25);
  const expected = instanceNormPrelu(tf.tensor5d(values, [1, 5, 4, 3, channels]), tf.tensor1d([0.25]));
  (await expected.data()).forEach((value, i) => {
    // The operation has the mean in single precision.
    expect(Math.abs(normalised[i] - value)).toBeLessThan(i % 3 === 1 ? 1e-4 : 1e-5);
  });
});
