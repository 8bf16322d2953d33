import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Size3 } from './config';
import { Regulariser } from './regulariser';
import { leaked, slope, smoothField, useWasm } from './testing';

beforeAll(useWasm);

/** Field whose x component is f(x, y), y and z components 0, at the voxel centres. */
function field(size: Size3, f: (x: number, y: number) => number): tf.Tensor5D {
  const values: number[] = [];
  for (let i = 0; i < size[0]; i++)
    for (let j = 0; j < size[1]; j++)
      for (let k = 0; k < size[2]; k++) values.push(f((2 * k + 1) / size[2] - 1, (2 * j + 1) / size[1] - 1), 0, 0);
  return tf.tensor5d(values, [1, ...size, 3]);
}

const penalty = (kind: 'diffusion' | 'bending', grid: Size3, image: Size3, f: (x: number, y: number) => number) =>
  new Regulariser(kind, grid, image).penalty(field(grid, f)).dataSync()[0];

describe('Regulariser', () => {
  it('diffusion is the mean squared difference of neighbours, in steps of the image', () => {
    // x grows by 2 / 8 a voxel, and one component of three carries it.
    expect(penalty('diffusion', [4, 6, 8], [4, 6, 8], (x) => x)).toBeCloseTo((2 / 8) ** 2 / 3, 6);
    expect(penalty('diffusion', [4, 6, 8], [8, 12, 16], (x) => x)).toBeCloseTo((2 / 16) ** 2 / 3, 6);
  });

  it('bending is zero for affine fields and that of the second derivatives otherwise', () => {
    const size = [4, 6, 8] as const;
    expect(penalty('bending', size, size, (x, y) => 0.3 * x - 0.2 * y + 0.1)).toBeLessThan(1e-8);
    expect(penalty('bending', size, size, (x) => x * x)).toBeCloseTo(4 / 3, 4);
    expect(penalty('bending', [8, 12, 16], size, (x) => x * x)).toBeCloseTo(4 / 3, 3);
    expect(penalty('bending', size, size, (x, y) => x * y)).toBeCloseTo(2 / 3, 4);
  });

  it('leaves out the axis of a single slice', () => {
    expect(penalty('diffusion', [1, 6, 8], [1, 6, 8], (x) => x)).toBeCloseTo((2 / 8) ** 2 / 3, 6);
  });

  it.each(['diffusion', 'bending'] as const)(
    '%s has the gradient of finite differences and leaks nothing',
    async (kind) => {
      const size = [4, 5, 6] as const;
      const displacement = smoothField(size, 0.1, 1);
      const direction = smoothField(size, 1, 2);
      expect(
        await leaked(() => {
          const regulariser = new Regulariser(kind, size, size);
          const loss = (d: tf.Tensor) => regulariser.penalty(d as tf.Tensor5D);
          tf.tidy(() => {
            const along = tf.sum(tf.mul(tf.grad(loss)(displacement), direction)).dataSync()[0];
            const expected = slope((s) => loss(tf.add(displacement, tf.mul(direction, s))).dataSync()[0], 1e-2);
            expect(Math.abs(along - expected)).toBeLessThan(0.01 * Math.abs(expected));
          });
          regulariser.dispose();
        }),
      ).toBe(0);
    },
  );
});
