import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { NnError } from './errors';
import { computeGradients } from './gradients';
import { Parameters } from './parameters';
import { Random } from './random';
import { NOTHING, leaked } from './testing';

beforeAll(() => tf.setBackend('cpu'));

/** a = 2, b = [3, 5], `unused`, and `constant`, which is not to be trained. */
function example() {
  const parameters = new Parameters(new Random(1));
  const a = parameters.add('a', [1], 2);
  const b = parameters.add('b', [2], 3);
  parameters.add('unused', [1], 1);
  const constant = parameters.add('constant', [1], 1);
  constant.trainable = false;
  const loss = () => tf.sum(tf.mul(tf.mul(a, constant), tf.square(b))) as tf.Scalar;
  return { parameters, loss };
}

describe('computeGradients', () => {
  it('gives the loss, and its gradient to each weight that is trained and used', async () => {
    const { parameters, loss } = example();
    const { loss: value, gradients } = computeGradients(parameters, loss);
    expect((await value.data())[0]).toBe(36);
    expect([...gradients.keys()]).toEqual(['a', 'b']);
    expect(Array.from(await gradients.get('a')!.data())).toEqual([18]);
    expect(Array.from(await gradients.get('b')!.data())).toEqual([12, 12]);
    parameters.dispose();
  });

  it('returns tensors that are the caller’s, and nothing else', async () => {
    const left = await leaked(() => {
      const { parameters, loss } = example();
      const before = tf.memory().numTensors;
      const result = computeGradients(parameters, loss);
      expect(tf.memory().numTensors).toBe(before + 3);
      tf.dispose([result.loss, ...result.gradients.values()]);
      parameters.dispose();
    });
    expect(left).toEqual(NOTHING);
  });

  it('refuses a loss that uses none of the weights, leaving nothing behind', async () => {
    const { parameters } = example();
    const left = await leaked(() => {
      const unrelated = () => computeGradients(parameters, () => tf.scalar(1));
      expect(unrelated).toThrow(NnError);
      expect(unrelated).toThrow('computeGradients: expected a loss of the parameters, got one that uses none of them');
    });
    expect(left).toEqual(NOTHING);
    parameters.dispose();
  });

  it('passes errors of the loss on', () => {
    const { parameters } = example();
    const failing = () => {
      throw new RangeError('of the loss');
    };
    expect(() => computeGradients(parameters, failing)).toThrow(new RangeError('of the loss'));
    parameters.dispose();
  });
});
