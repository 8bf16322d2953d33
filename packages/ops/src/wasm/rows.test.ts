import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { generate, host, type Host } from '../reference/host';
import { crossEntropyReference, weightedCrossEntropyReference } from '../reference/losses';
import { softmaxReference } from '../reference/matrices';
import { erf, geluReference, layerNormReference } from '../reference/pointwise';
import {
  describeKernels,
  expectNoLeak,
  numericGradient,
  randomPair,
  relativeError,
  runKernel,
  runKernelMany,
  seeded,
} from './testing';

const sizes = [
  [1, 1],
  [3, 2],
  [7, 5],
  [4, 8],
  [6, 19],
];

describeKernels('kernels on rows', () => {
  it.each(sizes)('softmax of %i x %i', (rows, columns) => {
    const next = seeded(columns);
    const x = randomPair(() => 20 * next(), [rows, columns]);
    const dy = randomPair(next, [rows, columns]);
    expectNoLeak(() => {
      const y = runKernel('Paired3dSoftmax', { x: x.tensor });
      expect(relativeError(y.dataSync(), softmaxReference(x.host).data)).toBeLessThan(1e-6);
      const dx = runKernel('Paired3dSoftmaxGrad', { dy: dy.tensor, y });
      const expected = numericGradient(softmaxReference, [x.host], 0, dy.host);
      if (columns > 1) expect(relativeError(dx.dataSync(), expected)).toBeLessThan(1e-4);
    });
    tf.dispose([x.tensor, dy.tensor]);
  });

  it('softmax has zeros where a weight would add nothing to the sum, rather than numbers that slow down what uses them', () => {
    const x = tf.tensor2d([80, 79, 36.5, 35.5, 0, -8, 80 - 87.2], [1, 7]);
    const dy = tf.tensor2d([1e-3, -1e-3, 1, 1e-6, 1e-4, 1e-7, 1e-7], [1, 7]);
    const y = runKernel('Paired3dSoftmax', { x });
    const dx = runKernel('Paired3dSoftmaxGrad', { dy, y });
    expect(y.dataSync()[2]).toBeGreaterThan(0);
    for (const tensor of [y, dx]) expect(Array.from(tensor.dataSync().slice(3), Math.abs)).toEqual([0, 0, 0, 0]);
    tf.dispose([x, dy, y, dx]);
  });

  it.each(sizes)('cross entropies of %i x %i', (rows, columns) => {
    const next = seeded(columns + 100);
    const positive = () => Math.abs(next());
    const logits = randomPair(() => 5 * next(), [rows, columns]);
    const ids = Int32Array.from({ length: rows }, () => Math.floor(positive() * columns));
    const labels = tf.tensor1d(ids, 'int32');
    const targets = randomPair(positive, [rows, columns]);
    const weights = randomPair(positive, [columns]);
    const dy = randomPair(next, [rows]);
    const scalar = randomPair(next, []);
    expectNoLeak(() => {
      const [loss] = runKernelMany('Paired3dCrossEntropy', { logits: logits.tensor, labels });
      const reference = (z: Host) => crossEntropyReference(z, host([rows], ids));
      expect(loss.shape).toEqual([rows]);
      if (columns > 1) expect(relativeError(loss.dataSync(), reference(logits.host).data)).toBeLessThan(1e-6);
      const dlogits = runKernel('Paired3dCrossEntropyGrad', { dy: dy.tensor, logits: logits.tensor, labels });
      const expected = numericGradient(reference, [logits.host], 0, dy.host);
      if (columns > 1) expect(relativeError(dlogits.dataSync(), expected)).toBeLessThan(1e-4);
      else expect(dlogits.dataSync().every((value) => value === 0)).toBe(true);
    });
    expectNoLeak(() => {
      const inputs = { logits: logits.tensor, targets: targets.tensor, weights: weights.tensor };
      const [loss, norm] = runKernelMany('Paired3dWeightedCrossEntropy', inputs);
      const reference = (z: Host) => weightedCrossEntropyReference(z, targets.host, weights.host);
      expect([loss.shape, norm.shape]).toEqual([[], []]);
      const dlogits = runKernel('Paired3dWeightedCrossEntropyGrad', { ...inputs, dy: scalar.tensor, norm });
      if (columns > 1) {
        expect(relativeError(loss.dataSync(), reference(logits.host).data)).toBeLessThan(1e-6);
        const expected = numericGradient(reference, [logits.host], 0, scalar.host);
        expect(relativeError(dlogits.dataSync(), expected)).toBeLessThan(1e-4);
      }
    });
    tf.dispose([labels, ...[logits, targets, weights, dy, scalar].map(({ tensor }) => tensor)]);
  });

  it('takes logits of any size', () => {
    tf.tidy(() => {
      const x = tf.tensor2d([1e4, -1e4, 0, -Infinity, -200, -200, -200, -200], [2, 4]);
      expect([...runKernel('Paired3dSoftmax', { x }).dataSync()]).toEqual([1, 0, 0, 0, 0.25, 0.25, 0.25, 0.25]);
      const labels = tf.tensor1d([1, 9], 'int32');
      const loss = runKernelMany('Paired3dCrossEntropy', { logits: x, labels })[0];
      expect([...loss.dataSync()]).toEqual([2e4, NaN]);
      const nan = runKernel('Paired3dSoftmax', { x: tf.tensor2d([[NaN, 1]]) });
      expect([...nan.dataSync()]).toEqual([NaN, NaN]);
    });
  });

  it.each(sizes)('layer norm of %i x %i', (rows, columns) => {
    const next = seeded(columns + 200);
    const x = randomPair(() => 3 + next(), [rows, columns]);
    const [scale, offset] = [0, 1].map(() => randomPair(next, [columns]));
    const dy = randomPair(next, [rows, columns]);
    const epsilon = 1e-5;
    const reference = (a: Host, b: Host, c: Host) => layerNormReference(a, b, c, epsilon);
    const hosts = [x.host, scale.host, offset.host] as const;
    expectNoLeak(() => {
      const inputs = { x: x.tensor, scale: scale.tensor, offset: offset.tensor };
      const [y, mean, rstd] = runKernelMany('Paired3dLayerNorm', inputs, { epsilon });
      expect([mean.shape, rstd.shape]).toEqual([[rows], [rows]]);
      expect(relativeError(y.dataSync(), reference(...hosts).data)).toBeLessThan(1e-5);
      const back = { dy: dy.tensor, x: x.tensor, scale: scale.tensor, mean, rstd };
      runKernelMany('Paired3dLayerNormGrad', back).forEach((gradient, i) => {
        // The normalised values of one or two columns are constants: nothing but cancellation to compare.
        if (columns < 3 && i < 2) return;
        expect(gradient.shape).toEqual(hosts[i].shape);
        const expected = numericGradient(reference, [...hosts], i, dy.host);
        expect(relativeError(gradient.dataSync(), expected)).toBeLessThan(1e-3);
      });
    });
    tf.dispose([x, scale, offset, dy].map(({ tensor }) => tensor));
  });

  it.each([1, 4, 7, 130])('gelu of %i values', (count) => {
    const next = seeded(count);
    const x = randomPair(() => 6 * next(), [count]);
    const dy = randomPair(() => 1, [count]);
    expectNoLeak(() => {
      const y = runKernel('Paired3dGelu', { x: x.tensor });
      expect(relativeError(y.dataSync(), geluReference(x.host).data)).toBeLessThan(1e-6);
      const dx = runKernel('Paired3dGeluGrad', { dy: dy.tensor, x: x.tensor });
      expect(relativeError(dx.dataSync(), numericGradient(geluReference, [x.host], 0, dy.host))).toBeLessThan(1e-5);
    });
    tf.dispose([x.tensor, dy.tensor]);
  });

  it('keeps the relative precision of the tail of gelu', () => {
    tf.tidy(() => {
      const points = [-0.01, -0.5, -1, -2, -3, -4];
      const y = runKernel('Paired3dGelu', { x: tf.tensor1d(points) }).dataSync();
      points.forEach((x, i) => expect(y[i] / (0.5 * x * (1 + erf(x / Math.SQRT2)))).toBeCloseTo(1, 5));
      const far = runKernel('Paired3dGelu', { x: tf.tensor1d([-40, 0, 40, NaN]) }).dataSync();
      expect([...far].map((value) => value + 0)).toEqual([0, 0, 40, NaN]);
    });
  });

  it('embedding copies rows, and gives zeros for what is outside', () => {
    const table = randomPair(seeded(9), [4, 5]);
    const ids = [3, 0, 3, -1, 4];
    expectNoLeak(() => {
      const made = runKernel('Paired3dEmbedding', { table: table.tensor, ids: tf.tensor1d(ids, 'int32') });
      const row = (id: number) =>
        Array.from({ length: 5 }, (_, c) => (id in [0, 1, 2, 3] ? table.host.data[id * 5 + c] : 0));
      expect([...made.dataSync()]).toEqual(ids.flatMap(row).map(Math.fround));
    });
    table.tensor.dispose();
  });

  it('embedding gradient adds up repeated rows, zeroes the others and skips what is outside', () => {
    const next = seeded(8);
    const dy = randomPair(next, [6, 5]);
    const ids = [3, 0, 3, -1, 4, 3];
    const expected = generate([4, 5], (row, c) =>
      ids.reduce((s, id, n) => s + (id === row ? dy.host.data[n * 5 + c] : 0), 0),
    );
    expectNoLeak(() => {
      const made = runKernel('Paired3dEmbeddingGrad', { dy: dy.tensor, ids: tf.tensor1d(ids, 'int32') }, { rows: 4 });
      expect(relativeError(made.dataSync(), expected.data)).toBeLessThan(1e-6);
    });
    dy.tensor.dispose();
  });
});
