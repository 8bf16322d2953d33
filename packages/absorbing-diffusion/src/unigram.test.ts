import { expect, it } from 'vitest';
import { unigramBits } from './unigram';

it('is the cross entropy of the frequencies', () => {
  const training = [new Int32Array(1000).fill(0), new Int32Array(1000).fill(1), new Int32Array(2000).fill(2)];
  expect(unigramBits(training, [[0, 1], [2]], 3)).toBeCloseTo((2 + 2 + 1) / 3, 3);
});

it('has a finite price for what was never seen', () => {
  expect(unigramBits([new Int32Array(100)], [[1]], 2)).toBeCloseTo(Math.log2(100.02 / 0.01), 6);
});
