import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { describeKernels, expectNoLeak, randomTensor, relativeError, runKernel, seeded } from './testing';

type Size = [number, number, number];
interface Case {
  batch: number;
  size: Size;
  channels: [number, number];
  kernel: Size;
  strides: Size;
  padding: Size;
}

const cases: Case[] = [
  { batch: 1, size: [5, 4, 6], channels: [8, 8], kernel: [3, 3, 3], strides: [1, 1, 1], padding: [1, 1, 1] },
  { batch: 2, size: [5, 7, 9], channels: [3, 5], kernel: [3, 3, 3], strides: [2, 2, 2], padding: [1, 1, 1] },
  { batch: 1, size: [8, 8, 8], channels: [4, 12], kernel: [3, 3, 3], strides: [2, 2, 2], padding: [1, 1, 1] },
  { batch: 2, size: [1, 9, 7], channels: [1, 2], kernel: [1, 3, 3], strides: [1, 1, 1], padding: [0, 1, 1] },
  { batch: 1, size: [4, 4, 2], channels: [2, 17], kernel: [3, 3, 3], strides: [1, 1, 1], padding: [1, 1, 1] },
  { batch: 3, size: [3, 2, 5], channels: [7, 1], kernel: [1, 1, 1], strides: [1, 1, 1], padding: [0, 0, 0] },
  { batch: 1, size: [9, 8, 10], channels: [1, 3], kernel: [4, 4, 4], strides: [4, 4, 4], padding: [0, 0, 0] },
  { batch: 1, size: [8, 9, 7], channels: [2, 9], kernel: [2, 2, 2], strides: [2, 2, 2], padding: [0, 0, 0] },
  { batch: 1, size: [7, 7, 7], channels: [3, 4], kernel: [1, 1, 1], strides: [2, 3, 2], padding: [0, 0, 0] },
  { batch: 1, size: [6, 7, 8], channels: [5, 6], kernel: [5, 3, 4], strides: [1, 2, 3], padding: [2, 0, 1] },
  { batch: 2, size: [1, 1, 1], channels: [16, 24], kernel: [3, 3, 3], strides: [1, 1, 1], padding: [1, 1, 1] },
];
// Few output channels and long runs, forward and backward.
for (const channels of [
  [9, 1],
  [1, 9],
  [11, 3],
  [2, 8],
  [6, 2],
] as [number, number][]) {
  for (const strides of [
    [1, 1, 1],
    [2, 1, 2],
  ] as Size[]) {
    cases.push({ batch: 2, size: [4, 5, 6], channels, kernel: [3, 3, 3], strides, padding: [1, 1, 1] });
    cases.push({ batch: 1, size: [3, 4, 5], channels, kernel: [1, 1, 1], strides, padding: [0, 0, 0] });
  }
}
// Channels in eights at stride 1 take Winograd's algorithm: even and odd sizes, more tiles than a block holds along each axis.
for (const [size, channels, pad] of [
  [[4, 6, 2], [16, 8], 1],
  [[5, 3, 7], [8, 16], 1],
  [[3, 8, 5], [24, 16], 0],
  [[1, 2, 3], [16, 24], 2],
  [[6, 9, 7], [8, 64], 1],
  [[13, 2, 67], [8, 8], 1],
  [[3, 10, 19], [8, 8], 2],
  [[6, 3, 70], [8, 8], 0],
] as [Size, [number, number], number][]) {
  cases.push({ batch: 2, size, channels, kernel: [3, 3, 3], strides: [1, 1, 1], padding: [pad, pad, pad] });
}
const next = seeded(7);
const pick = (low: number, high: number) => low + Math.floor(((next() + 1) / 2) * (high - low + 1));
const triple = (low: number, high: number): Size => [pick(low, high), pick(low, high), pick(low, high)];
while (cases.length < 63) {
  const kernel = triple(1, 4);
  const padding = kernel.map((k) => pick(0, k - 1)) as Size;
  const size = kernel.map((k) => pick(k, k + 6)) as Size;
  cases.push({ batch: pick(1, 2), size, channels: [pick(1, 10), pick(1, 19)], kernel, strides: triple(1, 3), padding });
}

/** Visits every (input, filter, output) triple of flat indices of a convolution. */
function forEachTerm(c: Case, out: Size, visit: (x: number, w: number, y: number) => void): void {
  const [ci, co] = c.channels;
  for (let b = 0; b < c.batch; b++)
    for (let o = 0; o < out[0] * out[1] * out[2]; o++)
      for (let t = 0; t < c.kernel[0] * c.kernel[1] * c.kernel[2]; t++) {
        const at = unravel(o, out).map((n, axis) => n * c.strides[axis] + unravel(t, c.kernel)[axis] - c.padding[axis]);
        if (at.some((n, axis) => n < 0 || n >= c.size[axis])) continue;
        const voxel = ((b * c.size[0] + at[0]) * c.size[1] + at[1]) * c.size[2] + at[2];
        const output = b * out[0] * out[1] * out[2] + o;
        for (let i = 0; i < ci; i++)
          for (let j = 0; j < co; j++) visit(voxel * ci + i, (t * ci + i) * co + j, output * co + j);
      }
}
const unravel = (index: number, size: Size): Size => [
  Math.floor(index / (size[1] * size[2])),
  Math.floor(index / size[2]) % size[1],
  index % size[2],
];

describeKernels('conv3d kernels', () => {
  it.each(cases)('agrees with the definition, forward and backward: $size $channels $kernel $strides', (c) => {
    const { strides, padding, kernel, size, channels } = c;
    const out = size.map((n, axis) => Math.floor((n + 2 * padding[axis] - kernel[axis]) / strides[axis]) + 1) as Size;
    const x = randomTensor(next, [c.batch, ...size, channels[0]]);
    const filter = randomTensor(next, [...kernel, ...channels]);
    const dy = randomTensor(next, [c.batch, ...out, channels[1]]);
    const [xs, ws, dys] = [x.dataSync(), filter.dataSync(), dy.dataSync()];
    const expected = { y: new Float64Array(dy.size), dx: new Float64Array(x.size), dw: new Float64Array(filter.size) };
    forEachTerm(c, out, (i, w, o) => {
      expected.y[o] += xs[i] * ws[w];
      expected.dx[i] += dys[o] * ws[w];
      expected.dw[w] += dys[o] * xs[i];
    });
    expectNoLeak(() => {
      const y = runKernel('Paired3dConv3d', { x, filter }, { strides, padding });
      const dx = runKernel('Paired3dConv3dBackpropInput', { dy, filter }, { strides, padding, inputShape: x.shape });
      const dw = runKernel('Paired3dConv3dBackpropFilter', { x, dy }, { strides, padding, filterShape: filter.shape });
      expect([y.shape, dx.shape, dw.shape]).toEqual([dy.shape, x.shape, filter.shape]);
      expect(relativeError(y.dataSync(), expected.y)).toBeLessThan(1e-5);
      expect(relativeError(dx.dataSync(), expected.dx)).toBeLessThan(1e-5);
      expect(relativeError(dw.dataSync(), expected.dw)).toBeLessThan(2e-5); // F(4, 3) rounds: 1.8e-5 at most in a dozen draws
    });
    tf.dispose([x, filter, dy]);
  });
});
