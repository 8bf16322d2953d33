import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { gridSample3d } from './gridSample3d';
import { affineGrid, identityGrid } from './grids';
import { host } from './reference/host';
import { affineGridReference, gridSample3dReference, identityGridReference } from './reference/sampling';
import { expectClose, itBehaves } from './testing/behaviour';
import { onEveryDevice } from './testing/devices';
import { three, upTo } from './testing/random';

const settings = { batch: upTo(2), size: three(1, 6), target: three(1, 4), channels: upTo(9) };

onEveryDevice(() => {
  itBehaves(
    'gridSample3d',
    {
      ...settings,
      mode: fc.constantFrom('linear' as const, 'nearest' as const),
      padding: fc.constantFrom('zeros' as const, 'border' as const),
    },
    ({ batch, size, target, channels, mode, padding }, random) => ({
      inputs: [random.tensor([batch, ...size, channels]), random.grid([batch, ...target], size)],
      run: (x: tf.Tensor5D, grid: tf.Tensor5D) => gridSample3d(x, grid, { mode, padding }),
      reference: (x, grid) => gridSample3dReference(x, grid, mode, padding),
    }),
  );

  itBehaves('gridSample3d of a constant volume', settings, ({ batch, size, target, channels }, random) => ({
    inputs: [random.tensor([batch, ...size, channels]), random.grid([batch, ...target], size)],
    run: (x: tf.Tensor5D, grid: tf.Tensor5D) => gridSample3d(x, grid, { constantInput: true }),
    reference: (x, grid) => gridSample3dReference(x, grid, 'linear', 'zeros'),
    differentiable: [1],
  }));

  itBehaves('affineGrid', { batch: upTo(3), size: three(1, 5) }, ({ batch, size }, random) => ({
    inputs: [random.tensor([batch, 3, 4])],
    run: (theta: tf.Tensor3D) => affineGrid(theta, size),
    reference: (theta) => affineGridReference(theta, size),
  }));

  it('identityGrid lists the voxel centres, x last axis first', async () => {
    const before = tf.memory().numTensors;
    const grid = identityGrid([2, 3, 4], 2);
    expect(tf.memory().numTensors).toBe(before + 1);
    await expectClose(grid, identityGridReference([2, 3, 4], 2), 1e-7);
    grid.dispose();
  });

  it('the identity grid gives the volume back', async () => {
    const x = tf.randomNormal([2, 4, 3, 5, 2]) as tf.Tensor5D;
    const y = tf.tidy(() => gridSample3d(x, identityGrid([4, 3, 5], 2)));
    await expectClose(y, host(x.shape, await x.data()), 2e-6);
    tf.dispose([x, y]);
  });

  it('a voxel in the middle of one that moved by one shows its neighbour: x is the last axis', async () => {
    const x = tf.tensor5d(
      Float32Array.from({ length: 24 }, (_, i) => i),
      [1, 2, 3, 4, 1],
    );
    const y = tf.tidy(() => gridSample3d(x, tf.add(identityGrid([2, 3, 4]), tf.tensor([2 / 4, 0, 0])) as tf.Tensor5D));
    expect(Array.from(await y.data()).slice(0, 4)).toEqual([1, 2, 3, 0]);
    tf.dispose([x, y]);
  });
});
