import { expect, test } from 'vitest';
import { dilate, foreground } from './mask';

test('foreground: any label, a list of labels, probabilities', () => {
  const labels = Int16Array.of(0, 1, 2, -3);
  expect([...foreground(labels)]).toEqual([0, 1, 1, 0]);
  expect([...foreground(labels, [2])]).toEqual([0, 0, 1, 0]);
  expect([...foreground([-1, 0.25, 1.5, NaN], 'probability')]).toEqual([0, 0.25, 1, 0]);
});

test('one round of dilation fills the 3 x 3 x 3 neighbourhood, cut at the border', () => {
  const data = new Uint8Array(4 * 4 * 5);
  data[(1 * 4 + 0) * 5 + 2] = 1;
  const out = dilate(data, [4, 4, 5]);
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < 4; j++) {
      for (let k = 0; k < 5; k++) {
        const near = Math.abs(i - 1) <= 1 && j <= 1 && Math.abs(k - 2) <= 1;
        expect(out[(i * 4 + j) * 5 + k]).toBe(near ? 1 : 0);
      }
    }
  }
  expect(data.reduce((a, b) => a + b)).toBe(1);
});

test('dilation of a single slice stays in it, and takes the maximum of probabilities', () => {
  expect([...dilate(Float32Array.of(0, 0.5, 0, 0, 1), [1, 1, 5])]).toEqual([0.5, 0.5, 0.5, 1, 1]);
});
