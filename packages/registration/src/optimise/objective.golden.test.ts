import * as tf from '@tensorflow/tfjs';
import { gaussianBlur3d } from '@paired3d/ops';
import { beforeAll, expect, it } from 'vitest';
import golden from '../../test/optimise.golden.json';
import { useWasm } from '../testing';
import { scaled, type ImageVolume } from './images';
import { objectiveLoss } from './objective';
import { optimisePair } from './optimisePair';

const SIZE = [24, 20, 28] as const;
const GRID = [12, 10, 14] as const;
const toNormalised = [...SIZE].reverse().map((n) => (2 * 28) / 256 / n);

/** The formulas of tools/oracle/optimise.py. */
function image(centre: readonly number[]): ImageVolume {
  const data: number[] = [];
  for (let i = 0; i < SIZE[0]; i++)
    for (let j = 0; j < SIZE[1]; j++)
      for (let k = 0; k < SIZE[2]; k++) {
        const squared = (i - centre[0]) ** 2 + (j - centre[1]) ** 2 + (k - centre[2]) ** 2;
        data.push(Math.exp(-squared / 40) + 0.1 * Math.sin(0.3 * i + 0.5 * j + 0.4 * k));
      }
  return { data, shape: SIZE };
}
const fixed = image([11, 9, 13]);
const moving = image([12.5, 10, 14.5]);
const velocity = Float32Array.from({ length: 12 * 10 * 14 * 3 }, (_, i) => 12 + 4 * Math.sin(0.01 * i));
const stage = { resolution: 28, blur: 0, iterations: 3 };

/** Largest difference from the golden values, relative to the largest of them. */
function worst(values: ArrayLike<number>, expected: readonly number[]): number {
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(values[i * golden.every] - value))) / largest;
}

beforeAll(useWasm);

it('one iteration has the loss and the gradient of PyTorch', async () => {
  const [f, m] = [scaled(fixed, 'fixed'), scaled(moving, 'moving')].map(({ data }) =>
    gaussianBlur3d(tf.tensor5d(data, [1, ...SIZE, 1]), 0.7),
  );
  const objective = {
    sources: tf.concat([f, m], 0),
    targets: tf.concat([m, f], 0),
    toNormalised: tf.tensor1d(toNormalised),
    squarings: 5,
  };
  const parameters = tf.tensor5d(velocity, [1, ...GRID, 3]);
  const weights = { ...stage, smoothing: 1.2, learningRate: 1, diffusion: 5e-4, bending: 0.02 };
  const { value, grad } = tf.valueAndGrad((p) => objectiveLoss(p as tf.Tensor5D, objective, weights))(parameters);
  expect(Math.abs((await value.data())[0] / golden.loss - 1)).toBeLessThan(1e-4);
  expect(worst(await grad.data(), golden.gradient)).toBeLessThan(1e-3);
});

it('an optimisation has the losses and the displacement of PyTorch', async () => {
  const recipe = {
    controlPoints: 14,
    squarings: 5,
    stages: [
      { ...stage, blur: 1.2, smoothing: 1.5, learningRate: 1, diffusion: 0, bending: 0 },
      { ...stage, blur: 0.5, smoothing: 1, learningRate: 0.5, diffusion: 5e-4, bending: 0.02 },
    ],
  };
  // Half of what lies between these is the velocity itself.
  const along = (sign: number) => ({ data: velocity.map((v, i) => sign * v * toNormalised[i % 3]), size: GRID });
  const start = { forward: along(1), backward: along(-1) };
  const { losses, forward } = await optimisePair(fixed, moving, { recipe, start });
  losses.forEach((loss, i) => expect(Math.abs(loss / golden.losses[i] - 1)).toBeLessThan(1e-4));
  expect(forward.size).toEqual([...GRID]);
  expect(worst(forward.data, golden.forward)).toBeLessThan(1e-3);
});
