import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { NOTHING, leaked, useWasm } from '../testing';
import { meanDistance, scorePair } from './scoring';

beforeAll(useWasm);

const SIZE = [8, 12, 16] as const;
const EXTENT = [80, 60, 160] as const;

/** A box of ones, its corner at a voxel. */
function box(i0: number, j0: number, k0: number): tf.Tensor5D {
  const buffer = tf.buffer([1, ...SIZE, 1]);
  for (let i = i0; i < i0 + 3; i++) {
    for (let j = j0; j < j0 + 4; j++) for (let k = k0; k < k0 + 5; k++) buffer.set(1, 0, i, j, k, 0);
  }
  return buffer.toTensor() as tf.Tensor5D;
}

/** The same displacement everywhere, in voxels along i, j, k. */
function everywhere([i, j, k]: readonly number[]): tf.Tensor5D {
  const normalised = [(2 * k) / SIZE[2], (2 * j) / SIZE[1], (2 * i) / SIZE[0]];
  return tf.tidy(() => tf.tile(tf.tensor(normalised, [1, 1, 1, 1, 3]), [1, ...SIZE, 1]) as tf.Tensor5D);
}

// What lies at a voxel of the moving image lies this much further in the fixed one.
const MOTION = [2, -1, 3] as const;
const moving = () => box(1, 5, 3);
const fixed = () => box(1 + 2, 5 - 1, 3 + 3);
const landmarks = {
  moving: Float32Array.of(-0.2, 0.1, -0.3, 0.1, 0.2, 0),
  fixed: Float32Array.of(-0.2 + 6 / 16, 0.1 - 2 / 12, -0.3 + 4 / 8, 0.1 + 6 / 16, 0.2 - 2 / 12, 4 / 8),
  count: 2,
};

async function score(forward: readonly number[], backward: readonly number[]) {
  const images = { fixed: fixed(), moving: moving() };
  const displacements = { forward: everywhere(forward), backward: everywhere(backward) };
  const scored = await scorePair({ extent: EXTENT, landmarks: { exact: landmarks } }, images, displacements, 0.5);
  tf.dispose([...Object.values(images), ...Object.values(displacements)]);
  return scored;
}

describe('scorePair', () => {
  it('finds no error in the true displacement', async () => {
    const { result, image } = await score(MOTION, [-2, 1, -3]);
    for (const error of result.exact!) expect(error).toBeCloseTo(0, 3);
    expect(result.cropped).toBeUndefined();
    expect(result.dice).toBeCloseTo(1, 5);
    expect(result.folding).toBe(0);
    expect(result.inverseConsistency).toBeCloseTo(0, 3);
    const expected = await fixed().data();
    image.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 4));
  });

  it('measures what is left in mm along each axis', async () => {
    // Voxels are 10 x 5 x 10 mm.
    const motion = Math.hypot(2 * 10, 1 * 5, 3 * 10);
    const { result } = await score([0, 0, 0], [0, 0, 0]);
    for (const error of result.exact!) expect(error).toBeCloseTo(motion, 3);
    expect(result.dice).toBeLessThan(0.3);
    const { result: rest } = await score([2, -1, 2], [-2, 1, -2]);
    for (const error of rest.exact!) expect(error).toBeCloseTo(10, 3);
    const { result: across } = await score([2, 0, 3], [-2, 0, -3]);
    for (const error of across.exact!) expect(error).toBeCloseTo(5, 3);
  });

  it('measures the inverse consistency error in mm', async () => {
    // Forth and back end one voxel along j, 5 mm, from where they began.
    const { result } = await score([0, 1, 0], [0, 0, 0]);
    expect(result.inverseConsistency).toBeCloseTo(5, 3);
  });

  it('leaves nothing behind', async () => {
    expect(await leaked(() => score(MOTION, [0, 0, 0]))).toEqual(NOTHING);
  });
});

describe('meanDistance', () => {
  const field = (motion: readonly number[]) => {
    const tensor = everywhere(motion);
    const data = tensor.dataSync() as Float32Array;
    tensor.dispose();
    return { data, size: SIZE };
  };
  const between = async (image: tf.Tensor5D) => {
    const options = { extent: EXTENT, threshold: 0.5 };
    const distance = await meanDistance(field([1, 0, 0]), field([1, 2, 1]), image, options);
    image.dispose();
    return distance;
  };

  it('is in mm along the right axes, whatever the fields’ grids', async () => {
    expect(await between(moving())).toBeCloseTo(Math.hypot(2 * 5, 1 * 10), 4);
    const still = { data: new Float32Array(3), size: [1, 1, 1] as const };
    const image = moving();
    const options = { extent: EXTENT, threshold: 0.5 };
    expect(await meanDistance(still, field([0, 0, 3]), image, options)).toBeCloseTo(30, 4);
    image.dispose();
  });

  it('counts the foreground alone', async () => {
    const image = moving();
    const data = new Float32Array(3 * image.size);
    // A displacement wherever the image is empty.
    image.dataSync().forEach((value, v) => (data[3 * v] = value > 0.5 ? 0 : 1));
    const options = { extent: EXTENT, threshold: 0.5 };
    expect(await meanDistance({ data, size: SIZE }, field([0, 0, 0]), image, options)).toBe(0);
    image.dispose();
    expect(await between(tf.zeros([1, ...SIZE, 1]))).toBeNaN();
  });

  it('leaves nothing behind', async () => {
    expect(await leaked(() => between(moving()))).toEqual(NOTHING);
  });
});
