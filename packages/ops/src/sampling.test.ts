import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { gridSample3d } from './gridSample3d';
import { affineGrid, identityGrid } from './grids';
import { host } from './reference/host';
import { affineGridReference, gridSample3dReference, identityGridReference } from './reference/sampling';
import { expectClose, itBehaves, type Case } from './testing/behaviour';
import { onEveryDevice } from './testing/devices';
import { randomCases, type CaseRandom } from './testing/random';

function samples(random: CaseRandom): Case[] {
  const [batch, channels] = [random.integer(1, 2), random.pick([1, 2, 3, 5])];
  const [size, target] = [random.three(1, 5), random.three(1, 4)];
  const inputs = [random.tensor([batch, ...size, channels]), random.tensor([batch, ...target, 3], 1.4)];
  return (['linear', 'nearest'] as const).flatMap((mode) =>
    (['zeros', 'border'] as const).map((padding) => ({
      name: `gridSample3d ${batch} x [${size}] x ${channels} at [${target}], ${mode}, ${padding}`,
      inputs,
      run: (x: tf.Tensor5D, grid: tf.Tensor5D) => gridSample3d(x, grid, { mode, padding }),
      reference: (x, grid) => gridSample3dReference(x, grid, mode, padding),
    })),
  );
}

function constantVolume(random: CaseRandom): Case {
  return {
    name: 'gridSample3d of a constant volume',
    inputs: [random.tensor([2, 4, 3, 5, 2]), random.tensor([2, 3, 2, 4, 3], 1.2)],
    run: (x: tf.Tensor5D, grid: tf.Tensor5D) => gridSample3d(x, grid, { constantInput: true }),
    reference: (x, grid) => gridSample3dReference(x, grid, 'linear', 'zeros'),
    differentiable: [1],
  };
}

function affine(random: CaseRandom): Case {
  const size = random.three(1, 5);
  const batch = random.integer(1, 3);
  return {
    name: `affineGrid ${batch} x [${size}]`,
    inputs: [random.tensor([batch, 3, 4])],
    run: (theta: tf.Tensor3D) => affineGrid(theta, size),
    reference: (theta) => affineGridReference(theta, size),
  };
}

onEveryDevice(() => {
  [...randomCases(6, samples).flat(), ...randomCases(1, constantVolume), ...randomCases(3, affine)].forEach(itBehaves);

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
