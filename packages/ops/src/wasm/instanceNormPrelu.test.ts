import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import type { Host } from '../reference/host';
import { instanceNormReference, preluReference } from '../reference/pointwise';
import {
  describeKernels,
  expectNoLeak,
  numericGradient,
  randomPair,
  relativeError,
  runKernelMany,
  seeded,
} from './testing';

const epsilon = 1e-5;
const reference = (x: Host, alpha: Host) => preluReference(instanceNormReference(x, epsilon), alpha);

describeKernels('instanceNormPrelu kernels', () => {
  it.each([
    [[1, 3, 3, 3, 1]],
    [[2, 2, 3, 3, 4]],
    [[1, 2, 2, 3, 7]],
    [[1, 1, 9, 8, 2]],
    [[1, 2, 3, 3, 13]],
    [[1, 3, 5, 5, 4]],
  ])('agrees with the definition for %j', (shape) => {
    const next = seeded(shape[4] + 2);
    const x = randomPair(() => 3 + 2 * next(), shape);
    const alpha = randomPair(() => 0.25, [1]);
    const dy = randomPair(next, shape);
    const expected = reference(x.host, alpha.host);
    expectNoLeak(() => {
      const [y, mean, rstd] = runKernelMany(
        'Paired3dInstanceNormPrelu',
        { x: x.tensor, alpha: alpha.tensor },
        { epsilon },
      );
      expect([mean.shape, rstd.shape]).toEqual([
        [shape[0], shape[4]],
        [shape[0], shape[4]],
      ]);
      expect(relativeError(y.dataSync(), expected.data)).toBeLessThan(1e-5);
      const inputs = { dy: dy.tensor, x: x.tensor, alpha: alpha.tensor, mean, rstd };
      const [dx, dalpha] = runKernelMany('Paired3dInstanceNormPreluGrad', inputs);
      const numeric = (index: number) => numericGradient(reference, [x.host, alpha.host], index, dy.host);
      expect(relativeError(dx.dataSync(), numeric(0))).toBeLessThan(1e-4);
      expect(relativeError(dalpha.dataSync(), numeric(1))).toBeLessThan(1e-4);
      expect(dalpha.shape).toEqual([1]);
    });
    tf.dispose([x.tensor, alpha.tensor, dy.tensor]);
  });

  it('keeps its precision over many voxels far from zero', () => {
    const next = seeded(1);
    const values = Float32Array.from({ length: 200_000 }, () => 100 + next());
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    tf.tidy(() => {
      const inputs = { x: tf.tensor(values, [1, 50, 50, 80, 1]), alpha: tf.ones([1]) };
      const [, m, rstd] = runKernelMany('Paired3dInstanceNormPrelu', inputs, { epsilon });
      expect(Math.abs(m.dataSync()[0] / mean - 1)).toBeLessThan(1e-7);
      expect(Math.abs(rstd.dataSync()[0] * Math.sqrt(variance + epsilon) - 1)).toBeLessThan(1e-6);
    });
  });
});
