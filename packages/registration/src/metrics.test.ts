import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  dice,
  foldedPercentage,
  inverseConsistencyError,
  jacobianDeterminant,
  readDisplacement,
  targetRegistrationError,
  type HostDisplacement,
} from './metrics';
import type { Size3 } from './config';
import { leaked, smoothField } from './testing';

const SIZE = [4, 5, 6] as const;
const HALF_EXTENT = [40, 50, 60] as const;

beforeAll(() => tf.setBackend('cpu'));

/** d(x, y, z) at the voxel centres. */
function field(size: Size3, d: (x: number, y: number, z: number) => readonly number[]): HostDisplacement {
  const values: number[] = [];
  for (let i = 0; i < size[0]; i++)
    for (let j = 0; j < size[1]; j++)
      for (let k = 0; k < size[2]; k++)
        values.push(...d((2 * k + 1) / size[2] - 1, (2 * j + 1) / size[1] - 1, (2 * i + 1) / size[0] - 1));
  return { data: Float32Array.from(values), size };
}

describe('targetRegistrationError', () => {
  const fixed = Float32Array.of(0.1, 0.2, 0.3, -0.4, 0.5, 0);
  const moving = Float32Array.of(0.2, 0.2, 0.3, -0.4, 0.4, 0.1);

  it('without displacement is the distance of the landmarks in mm', () => {
    const errors = targetRegistrationError(
      field(SIZE, () => [0, 0, 0]),
      fixed,
      moving,
      HALF_EXTENT,
    );
    expect(errors[0]).toBeCloseTo(0.1 * 60, 4); // x belongs to the last axis
    expect(errors[1]).toBeCloseTo(Math.hypot(0.1 * 50, 0.1 * 40), 4);
  });

  it('adds the forward displacement at the moving landmark', () => {
    const linear = field(SIZE, (x, y, z) => [0.2 * x + 0.1, -0.3 * y, 0.5 * z]);
    const [error] = targetRegistrationError(linear, Float32Array.of(0.24, 0.14, 0.45), moving.slice(0, 3), HALF_EXTENT);
    expect(error).toBeCloseTo(0.1 * 60, 4);
  });

  it('refuses landmarks that do not go together', () => {
    expect(() =>
      targetRegistrationError(
        field(SIZE, () => [0, 0, 0]),
        fixed,
        moving.slice(0, 3),
        HALF_EXTENT,
      ),
    ).toThrow('targetRegistrationError: expected as many fixed as moving landmarks');
  });
});

describe('dice', () => {
  it('counts voxels above the threshold', () => {
    expect(dice([0, 0.6, 1, 0], [0, 1, 0.4, 0])).toBeCloseTo(2 / 3);
    expect(dice([0, 0.6, 1, 0], [0, 1, 0.4, 0], 0.3)).toBe(1);
    expect(dice([0, 0], [0, 0])).toBe(1);
    expect(() => dice([0], [0, 1])).toThrow('dice: expected images of one size');
  });

  it('is the mean over the labels that are there', () => {
    const [a, b] = [
      [1, 0, 0, 1, 0, 0, 0, 1, 0],
      [1, 0, 0, 0, 0, 0, 0, 1, 0],
    ];
    expect(dice(a, b, 0.5, 3)).toBeCloseTo((2 / 3 + 1) / 2);
    expect(dice([0, 0], [0, 0], 0.5, 2)).toBe(1);
  });
});

describe('jacobianDeterminant', () => {
  it('is that of the linear map', () => {
    const linear = field(SIZE, (x, y, z) => [0.1 * x + 0.3 * y, -0.2 * y, 0.4 * z - 0.1 * x]);
    for (const value of jacobianDeterminant(linear)) expect(value).toBeCloseTo(1.1 * 0.8 * 1.4, 4);
    expect(foldedPercentage(linear)).toBe(0);
  });

  it('is negative where the field mirrors, also in a single slice', () => {
    expect(foldedPercentage(field(SIZE, (x) => [-1.5 * x, 0, 0]))).toBe(100);
    expect(foldedPercentage(field([1, 5, 6], (x) => [-1.5 * x, 0, 0]))).toBe(100);
    expect(foldedPercentage(field([1, 5, 6], (x) => [0.5 * x, 0, 0]))).toBe(0);
  });
});

describe('inverseConsistencyError', () => {
  it('is zero for opposite translations and their sum otherwise', () => {
    const there = field(SIZE, () => [0.1, 0, 0]);
    expect(
      inverseConsistencyError(
        there,
        field(SIZE, () => [-0.1, 0, 0]),
        HALF_EXTENT,
      ),
    ).toBeCloseTo(0, 5);
    expect(
      inverseConsistencyError(
        there,
        field(SIZE, () => [0, 0.2, 0]),
        HALF_EXTENT,
      ),
    ).toBeCloseTo(Math.hypot(6, 10), 4);
  });
});

describe('readDisplacement', () => {
  it('reads one field and leaks nothing', async () => {
    const displacement = smoothField(SIZE, 0.1, 1);
    expect(
      await leaked(async () => expect((await readDisplacement(displacement)).data.length).toBe(3 * 4 * 5 * 6)),
    ).toBe(0);
    await expect(readDisplacement(tf.zeros([2, 4, 5, 6, 3]))).rejects.toThrow('expected shape [1, D, H, W, 3]');
  });
});
