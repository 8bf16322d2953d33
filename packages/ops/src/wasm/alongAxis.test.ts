import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { generate } from '../reference/host';
import { alongAxisReference } from '../reference/sampling';
import { describeKernels, expectNoLeak, randomPair, relativeError, runKernel, seeded } from './testing';

describeKernels('alongAxis kernel', () => {
  it.each([
    [[1, 5, 4, 6, 1], 1, 3],
    [[2, 3, 7, 5, 2], 2, 9],
    [[1, 2, 3, 8, 1], 3, 8],
    [[2, 4, 3, 5, 19], 3, 2],
    [[1, 6, 5, 7, 8], 1, 6],
  ])('%j along axis %i to %i', (shape, axis, size) => {
    const next = seeded(11);
    const x = randomPair(next, shape);
    const dense = randomPair(next, [size, shape[axis]]).host;
    // Zeros at either end of a row, inside it, and a row without anything else.
    const matrix = generate(dense.shape, (n, m) => {
      const zero = n === 1 || Math.abs(n - m) > 2 || (n === 0 && m === 1);
      return zero ? 0 : dense.data[n * shape[axis] + m];
    });
    const expected = alongAxisReference(x.host, matrix, axis);
    const m = tf.tensor(Float32Array.from(matrix.data), [...matrix.shape]);
    expectNoLeak(() => {
      const y = runKernel('Paired3dAlongAxis', { x: x.tensor, matrix: m }, { axis });
      expect(y.shape).toEqual(expected.shape);
      expect(relativeError(y.dataSync(), expected.data)).toBeLessThan(1e-5);
    });
    tf.dispose([x.tensor, m]);
  });
});
