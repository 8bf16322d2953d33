import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { gridSample3dReference } from '../reference/sampling';
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

const options = (['linear', 'nearest'] as const).flatMap((mode) =>
  (['zeros', 'border'] as const).map((padding) => ({ mode, padding })),
);
const shapes = [
  { x: [1, 3, 4, 5, 1], grid: [1, 3, 2, 4, 3] },
  { x: [2, 4, 3, 2, 3], grid: [2, 2, 3, 3, 3] },
  { x: [1, 1, 6, 5, 6], grid: [1, 1, 4, 3, 3] },
];

describeKernels('gridSample3d kernels', () => {
  it.each(options.flatMap((o) => shapes.map((s) => ({ ...o, ...s }))))('$mode $padding $x $grid', (c) => {
    const next = seeded(5 + c.x[4]);
    const x = randomPair(next, c.x);
    const grid = randomPair(() => 1.6 * next(), c.grid);
    const { mode, padding } = c;
    const sample = (a: typeof x.host, b: typeof x.host) => gridSample3dReference(a, b, mode, padding);
    const expected = sample(x.host, grid.host);
    const dy = randomPair(next, expected.shape);
    expectNoLeak(() => {
      const y = runKernel('Paired3dGridSample3d', { x: x.tensor, grid: grid.tensor }, { mode, padding });
      expect(y.shape).toEqual(expected.shape);
      expect(relativeError(y.dataSync(), expected.data)).toBeLessThan(1e-5);
      const inputs = { dy: dy.tensor, x: x.tensor, grid: grid.tensor };
      for (const needInput of [true, false]) {
        const [dx, dgrid] = runKernelMany('Paired3dGridSample3dGrad', inputs, { mode, padding, needInput });
        const expectedDx = needInput ? numericGradient(sample, [x.host, grid.host], 0, dy.host) : [0];
        expect(relativeError(dx.dataSync(), expectedDx)).toBeLessThan(1e-5);
        const expectedDgrid = numericGradient(sample, [x.host, grid.host], 1, dy.host);
        expect(relativeError(dgrid.dataSync(), expectedDgrid)).toBeLessThan(1e-4);
      }
    });
    tf.dispose([x.tensor, grid.tensor, dy.tensor]);
  });

  it('rounds halves to even, stays inside the volume for any coordinate, and gives 0 for NaN', () => {
    tf.tidy(() => {
      const x = tf.tensor5d([10, 20, 30, 40], [1, 1, 1, 4, 1]);
      // Voxel coordinates 0.5, 1.5, 2.5, 3.5 and -0.5.
      const halves = [1, 2, 3, 4, 0].flatMap((n) => [n / 2 - 1, 0, 0]);
      const wild = [NaN, Infinity, -Infinity, 1e30, -1e30].flatMap((n) => [n, 0, 0]);
      const grid = tf.tensor5d([...halves, ...wild], [1, 1, 1, 10, 3]);
      const nearest = runKernel('Paired3dGridSample3d', { x, grid }, { mode: 'nearest', padding: 'zeros' });
      expect([...nearest.dataSync()]).toEqual([10, 30, 30, 0, 10, 0, 0, 0, 0, 0]);
      for (const mode of ['linear', 'nearest']) {
        const border = runKernel('Paired3dGridSample3d', { x, grid }, { mode, padding: 'border' });
        expect([...border.dataSync()].slice(5)).toEqual([0, 40, 10, 40, 10]);
        const inputs = { dy: tf.ones([1, 1, 1, 10, 1]), x, grid };
        const grads = runKernelMany('Paired3dGridSample3dGrad', inputs, { mode, padding: 'border', needInput: true });
        expect(
          grads[1]
            .dataSync()
            .slice(15)
            .every((value) => value === 0),
        ).toBe(true);
      }
    });
  });

  it('scatters in a fixed order', () => {
    tf.tidy(() => {
      const next = seeded(3);
      const inputs = {
        dy: randomPair(next, [1, 6, 6, 6, 3]).tensor,
        x: tf.zeros([1, 4, 4, 4, 3]),
        grid: randomPair(next, [1, 6, 6, 6, 3]).tensor,
      };
      const run = () =>
        runKernelMany('Paired3dGridSample3dGrad', inputs, { mode: 'linear', padding: 'zeros', needInput: true })[0];
      expect([...run().dataSync()]).toEqual([...run().dataSync()]);
    });
  });
});
