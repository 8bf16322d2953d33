import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { describeKernels, expectNoLeak, randomTensor, relativeError, runKernel, seeded } from './testing';

const sizes = [
  [1, 1, 1, 1],
  [1, 7, 5, 3],
  [3, 4, 8, 16],
  [2, 13, 30, 9],
  [1, 33, 1100, 23],
  [5, 1, 6, 8],
  [1, 64, 64, 64],
];

describeKernels('matMul kernel', () => {
  it.each(sizes)('agrees with plain loops: batch %i, %i x %i x %i', (batch, m, k, n) => {
    const next = seeded(m * 31 + k);
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        const lead = batch > 1 ? [batch] : [];
        const a = randomTensor(next, [...lead, ...(transposeA ? [k, m] : [m, k])]);
        const b = randomTensor(next, [...lead, ...(transposeB ? [n, k] : [k, n])]);
        const [as, bs] = [a.dataSync(), b.dataSync()];
        const expected = Float64Array.from({ length: batch * m * n }, (_, index) => {
          const [s, i, j] = [Math.floor(index / (m * n)), Math.floor(index / n) % m, index % n];
          let sum = 0;
          for (let p = 0; p < k; p++) {
            sum +=
              as[s * m * k + (transposeA ? p * m + i : i * k + p)] *
              bs[s * k * n + (transposeB ? j * k + p : p * n + j)];
          }
          return sum;
        });
        expectNoLeak(() => {
          const y = runKernel('Paired3dMatMul', { a, b }, { transposeA, transposeB });
          expect(y.shape).toEqual([...lead, m, n]);
          expect(relativeError(y.dataSync(), expected)).toBeLessThan(1e-5);
        });
        tf.dispose([a, b]);
      }
    }
  });
});
