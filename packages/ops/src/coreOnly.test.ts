import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { expect, it } from 'vitest';
import * as ops from './index';

it('differentiates through a chain without the gradients that @tensorflow/tfjs registers', async () => {
  await tf.setBackend('cpu');
  expect(tf.getGradient('MatMul') ?? tf.getGradient('BatchMatMul')).toBeUndefined();
  const x = tf.randomNormal([1, 4, 4, 4, 2], 0, 1, 'float32', 1) as tf.Tensor5D;
  const filter = tf.randomNormal([3, 3, 3, 2, 3], 0, 1, 'float32', 2) as tf.Tensor5D;
  const chain = (input: tf.Tensor): tf.Tensor => {
    const features = ops.instanceNormPrelu(
      ops.conv3d(input as tf.Tensor5D, filter, { strides: 2 }),
      tf.tensor1d([0.25]),
    );
    const fine = ops.resize3d(ops.conv3dTranspose(features, filter, { strides: 2 }), [3, 3, 3]);
    return ops.gaussianBlur3d(ops.gridSample3d(ops.gelu(fine), ops.identityGrid([2, 2, 2])), 1);
  };
  const gradient = tf.grad(chain)(x);
  expect(gradient.shape).toEqual(x.shape);
  expect(Array.from(await gradient.data()).some((value) => value !== 0)).toBe(true);
});
