import { exponentialField } from '@paired3d/ops';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { RegistrationError } from '../errors';
import { dice, foldedPercentage } from '../metrics';
import { ball, leaked, useWasm } from '../testing';
import type { ImageVolume } from './images';
import { optimisePair } from './optimisePair';
import type { OptimiseRecipe } from './recipe';

await useWasm();

const SIZE = [24, 20, 28] as const;
const blob = (centre: readonly number[], radius = 6): ImageVolume => {
  const tensor = ball(SIZE, centre, radius);
  const data = tensor.dataSync();
  tensor.dispose();
  return { data, shape: SIZE };
};
const fixed = blob([11, 9, 13]);
const moving = blob([13, 10, 15], 5);
const stage = { resolution: 28, blur: 1, smoothing: 1.5, learningRate: 1.5, diffusion: 5e-4, bending: 0.01 };
const recipe: OptimiseRecipe = { controlPoints: 14, squarings: 5, stages: [{ ...stage, iterations: 25 }] };
const short: OptimiseRecipe = { ...recipe, stages: [{ ...stage, iterations: 2 }] };

describe('optimisePair', () => {
  it('lays the moving scan over the fixed one, without folding, and back', async () => {
    const { transform, forward, losses } = await optimisePair(fixed, moving, { recipe });
    expect(losses.at(-1)!).toBeLessThan(losses[0] / 5);
    expect(dice(fixed.data, moving.data)).toBeLessThan(0.7);
    expect(dice(fixed.data, transform.apply(moving).data)).toBeGreaterThan(0.93);
    expect(dice(transform.inverse().apply(fixed).data, moving.data)).toBeGreaterThan(0.93);
    expect(foldedPercentage(forward)).toBe(0);
    // The middle of the fixed ball lies on that of the moving one, and the other way round.
    const [there, back] = [transform, transform.inverse()];
    const centre = there.apply(Float32Array.of(11, 9, 13));
    expect(Math.hypot(centre[0] - 13, centre[1] - 10, centre[2] - 15)).toBeLessThan(0.5);
    const returned = back.apply(centre);
    expect(Math.hypot(returned[0] - 11, returned[1] - 9, returned[2] - 13)).toBeLessThan(0.2);
  });

  it('gives the velocity whose exponential the displacements are', async () => {
    const { velocity, forward, backward } = await optimisePair(fixed, moving, { recipe: short });
    expect(velocity.size).toEqual(forward.size);
    for (const [sign, { data, size }] of [
      [1, forward],
      [-1, backward],
    ] as const) {
      const found = tf.tidy(() =>
        exponentialField(tf.mul(sign, tf.tensor5d(velocity.data, [1, ...size, 3])), recipe.squarings).dataSync(),
      );
      found.forEach((value, i) => expect(Math.abs(value - data[i])).toBeLessThan(1e-5));
    }
  });

  it('takes intensities of any range, and says the same of them', async () => {
    const hounsfield = ({ data, shape }: ImageVolume) => ({
      data: Int16Array.from(data, (v) => 1000 * v - 1000),
      shape,
    });
    const [a, b] = [
      await optimisePair(fixed, moving, { recipe: short }),
      await optimisePair(hounsfield(fixed), hounsfield(moving), { recipe: short }),
    ];
    expect(Math.abs(a.losses[1] - b.losses[1])).toBeLessThan(1e-3);
  });

  it('moves a slice in its plane only', async () => {
    const slice = (at: number): ImageVolume => ({ data: fixed.data, shape: [1, 480, 28], affine: spaced(at) });
    const { forward, transform } = await optimisePair(slice(1), { ...slice(1), data: moving.data }, { recipe: short });
    expect(forward.data.every((value, i) => i % 3 !== 2 || value === 0)).toBe(true);
    expect(transform.displacement.some((value) => value !== 0)).toBe(true);
  });

  it('is exact about the same scan twice', async () => {
    const { forward } = await optimisePair(fixed, fixed, { recipe: short });
    expect(Math.max(...forward.data.map(Math.abs))).toBeLessThan(0.05);
  });

  it('gives the same again, tells its progress, and leaves nothing behind', async () => {
    const seen: number[] = [];
    let first: Float32Array | undefined;
    const run = async () => {
      const onIteration = ({ iteration }: { iteration: number }) => seen.push(iteration);
      const { forward } = await optimisePair(fixed, moving, { recipe: short, onIteration });
      first ??= forward.data;
      expect(forward.data).toEqual(first);
    };
    expect(await leaked(run)).toBe(0);
    expect(await leaked(run)).toBe(0);
    expect(seen).toEqual([1, 2, 1, 2]);
  });

  it('goes on from the fields of another registration', async () => {
    const found = await optimisePair(fixed, moving, { recipe });
    const run = async () => {
      const { losses } = await optimisePair(fixed, moving, { recipe: short, start: found });
      // What is lost is the last digits: a field is not the exponential of half the difference to its inverse.
      expect(losses[0]).toBeLessThan(found.losses.at(-1)! + 0.05 * found.losses[0]);
    };
    await run();
    expect(await leaked(run)).toBe(0);
  });

  it('goes on with a start that is good enough, and drops one that is not', async () => {
    const found = await optimisePair(fixed, moving, { recipe });
    const stages = [...recipe.stages, ...short.stages];
    const run = async (start?: typeof found) => {
      const warm = { stage: 0, difference: 0.1 };
      const { losses } = await optimisePair(fixed, moving, { recipe: { ...recipe, stages, warm }, start });
      return losses;
    };
    const good = await run(found);
    expect(good).toHaveLength(2);
    expect(good[0]).toBeLessThan(0.1);
    const wrong = { forward: found.backward, backward: found.forward };
    const cold = await run();
    expect(cold).toHaveLength(27);
    expect(await run(wrong as typeof found)).toEqual(cold);
    expect(await leaked(() => run(found))).toBe(0);
    expect(await leaked(() => run(wrong as typeof found))).toBe(0);
  });

  it('stops when it is told to, and leaves nothing behind', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const run = () => {
      const onIteration = () => controller.abort(reason);
      return expect(optimisePair(fixed, moving, { recipe, onIteration, signal: controller.signal })).rejects.toBe(
        reason,
      );
    };
    expect(await leaked(run)).toBe(0);
  });
});

const spaced = (mm: number) => [
  [mm, 0, 0, 0],
  [0, mm, 0, 0],
  [0, 0, mm, 0],
  [0, 0, 0, 1],
];

describe('what cannot be registered', () => {
  const replaced = (value: number) => ({
    ...fixed,
    data: fixed.data instanceof Float32Array ? fixed.data.map((v, i) => (i === 5 ? value : v)) : [],
  });
  it.each<[string, ImageVolume, ImageVolume, RegExp]>([
    ['an empty mask', { ...fixed, data: new Uint8Array(fixed.data.length) }, moving, /fixed.*0 everywhere/],
    ['another shape', fixed, { data: fixed.data, shape: [20, 24, 28] }, /24 x 20 x 28 and 20 x 24 x 28/],
    ['a shape that is not that of the data', fixed, { data: fixed.data, shape: [24, 20] }, /a volume \[I, J, K\]/],
    ['NaN', fixed, replaced(NaN), /moving: expected finite values, got NaN at voxel 5/],
    ['an infinite value', replaced(-Infinity), moving, /fixed: expected finite values/],
    ['a flat affine', { ...fixed, affine: spaced(0) }, moving, /invertible affine/],
  ])('%s', async (_name, a, b, message) => {
    const before = tf.memory().numTensors;
    const failure = optimisePair(a, b, { recipe: short });
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toBeInstanceOf(RegistrationError);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([
    ['quick', /preset: expected fast or accurate or refine, got "quick"/],
    [{ ...recipe, stages: [] }, /stages: expected one stage or more/],
    [{ ...recipe, controlPoints: 1.5 }, /controlPoints/],
    [{ ...recipe, stages: [{ ...stage, iterations: 0 }] }, /iterations/],
    [
      { ...recipe, stages: [{ ...stage, iterations: 1, bending: -1 }] },
      /bending: expected a number of at least 0, got -1/,
    ],
  ])('recipe %j', async (wrong, message) => {
    await expect(optimisePair(fixed, moving, { recipe: wrong as OptimiseRecipe })).rejects.toThrow(message);
  });
});
