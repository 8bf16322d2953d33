import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { adamReference } from '../reference/pointwise';
import { describeKernels, expectNoLeak, randomPair, relativeError, runKernelMany, seeded } from './testing';

describeKernels('adam kernel', () => {
  it.each([[[1]], [[3, 3]], [[4, 5, 2]], [[]]])('agrees with the formula for %j', (shape: number[]) => {
    const next = seeded(9);
    const [p, g, m] = [0, 1, 2].map(() => randomPair(next, shape));
    const v = randomPair(() => Math.abs(next()), shape);
    for (const [step, weightDecay] of [
      [1, 0],
      [7, 0.1],
    ]) {
      const options = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step, weightDecay };
      const expected = adamReference(
        [p, g, m, v].map(({ host }) => host),
        options,
      );
      expectNoLeak(() => {
        const inputs = { p: p.tensor, g: g.tensor, m: m.tensor, v: v.tensor };
        runKernelMany('Paired3dAdam', inputs, options).forEach((made, i) => {
          expect(made.shape).toEqual(shape);
          expect(relativeError(made.dataSync(), expected[i].data)).toBeLessThan(1e-6);
        });
      });
    }
    tf.dispose([p, g, m, v].map(({ tensor }) => tensor));
  });
});
