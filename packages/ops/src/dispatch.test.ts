import * as tf from '@tensorflow/tfjs';
import { afterEach, expect, it } from 'vitest';
import { conv3d, hasKernel } from './index';

const kernelName = 'Paired3dConv3d';

afterEach(() => {
  if (hasKernel(kernelName)) tf.unregisterKernel(kernelName, 'cpu');
});

it('uses a registered kernel of the current backend, and hands it inputs and attributes', async () => {
  await tf.setBackend('cpu');
  expect(hasKernel(kernelName)).toBe(false);
  const calls: unknown[] = [];
  tf.registerKernel({
    kernelName,
    backendName: 'cpu',
    kernelFunc: ({ inputs, attrs }) => {
      calls.push({ inputs: Object.keys(inputs), ...attrs });
      return tf.zeros([1, 2, 2, 2, 1]);
    },
  });
  expect(hasKernel(kernelName)).toBe(true);
  const y = conv3d(tf.ones([1, 4, 4, 4, 1]), tf.ones([3, 3, 3, 1, 1]), { strides: 2 });
  expect(y.shape).toEqual([1, 2, 2, 2, 1]);
  expect(calls).toEqual([{ inputs: ['x', 'filter'], strides: [2, 2, 2], padding: [1, 1, 1] }]);
});

it('finds the kernels that @paired3d/ops/wasm registers', async () => {
  await import('@tensorflow/tfjs-backend-wasm');
  await tf.setBackend('wasm');
  expect(hasKernel(kernelName)).toBe(false);
  const { registerWasmKernels } = await import('./wasm/index');
  await registerWasmKernels();
  const withGradients = [
    'InstanceNormPrelu',
    'GridSample3d',
    'CrossEntropy',
    'WeightedCrossEntropy',
    'Gelu',
    'LayerNorm',
    'Softmax',
  ];
  const ours = [
    ...[
      'Conv3d',
      'Conv3dBackpropInput',
      'Conv3dBackpropFilter',
      'MatMul',
      'AlongAxis',
      'Embedding',
      'EmbeddingGrad',
      'Adam',
    ],
    ...withGradients.flatMap((name) => [name, `${name}Grad`]),
  ].map((name) => `Paired3d${name}`);
  expect(ours.filter((name) => !hasKernel(name))).toEqual([]);
  await tf.setBackend('cpu');
});
