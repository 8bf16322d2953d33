import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from './random';
import { stepOverSamples, type SampleGradients } from './sampleGradients';
import { NOTHING, leaked } from './testing';

beforeAll(() => tf.setBackend('cpu'));

const values = (sample: number) => Random.of('gradient', sample).normals(100);
const sampleOf = (sample: number, name = 'w'): SampleGradients => ({
  gradients: new Map([[name, tf.tensor1d(values(sample))]]),
  facts: { loss: tf.scalar(sample) },
});
const readGradient = async (gradients: ReadonlyMap<string, tf.Tensor>) => [...(await gradients.get('w')!.data())];

describe('stepOverSamples', () => {
  it('takes the sum in the order of the samples, rounded to float32 each time, over their number', async () => {
    const expected = new Float32Array(100);
    for (const sample of [0, 1, 2]) values(sample).forEach((value, i) => (expected[i] += value));
    const third = Math.fround(1 / 3);
    expect(await stepOverSamples(3, (index) => sampleOf(index), readGradient)).toEqual([
      ...expected.map((sum) => sum * third),
    ]);
  });

  it('leaves the gradient of a single sample as it is', async () => {
    expect(await stepOverSamples(1, () => sampleOf(4), readGradient)).toEqual([...values(4)]);
  });

  it('hands over the facts of every sample, in order', async () => {
    const losses = await stepOverSamples(
      3,
      (index) => sampleOf(9 - index),
      (_, facts) => Promise.all(facts.map(async ({ loss }) => (await loss.data())[0])),
    );
    expect(losses).toEqual([9, 8, 7]);
  });

  it('refuses gradients of other weights', async () => {
    const left = await leaked(async () => {
      const step = stepOverSamples(2, (index) => sampleOf(index, 'wv'[index]), readGradient);
      await expect(step).rejects.toThrow('stepOverSamples: expected gradients of w, got v; give samples of one model');
    });
    expect(left).toEqual(NOTHING);
  });

  it('leaves nothing behind, also when the update fails', async () => {
    const left = await leaked(async () => {
      await stepOverSamples(3, (index) => sampleOf(index), readGradient);
      await expect(
        stepOverSamples(
          2,
          (index) => sampleOf(index),
          () => Promise.reject(new Error('full')),
        ),
      ).rejects.toThrow('full');
    });
    expect(left).toEqual(NOTHING);
  });
});
