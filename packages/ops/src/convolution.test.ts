import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { conv3d } from './conv3d';
import { conv3dTranspose } from './conv3dTranspose';
import { conv3dReference, conv3dTransposeReference } from './reference/conv3d';
import { itBehaves, type Case } from './testing/behaviour';
import { onEveryDevice } from './testing/devices';
import { randomCases, type CaseRandom } from './testing/random';

const KERNELS = [
  [1, 1, 1],
  [2, 2, 2],
  [3, 3, 3],
  [1, 3, 3],
  [3, 1, 2],
] as const;
const STRIDES = [
  [1, 1, 1],
  [2, 2, 2],
  [1, 2, 2],
  [3, 1, 2],
] as const;
const CHANNELS = [1, 2, 3, 5, 8];

type Three = [number, number, number];

function convolution(random: CaseRandom): Case {
  const kernel = random.pick(KERNELS);
  const strides = random.pick(STRIDES);
  const padding = random.pick([null, [0, 0, 0], [2, 1, 0]] as const);
  const size = kernel.map((k) => random.integer(k, 6));
  const [inputs, outputs] = [random.pick(CHANNELS), random.pick(CHANNELS)];
  const used = padding ?? (kernel.map((k) => Math.floor(k / 2)) as Three);
  return {
    name: `conv3d [${size}] ${inputs} -> ${outputs}, kernel [${kernel}], strides [${strides}], padding [${used}]`,
    inputs: [random.tensor([random.integer(1, 2), ...size, inputs]), random.tensor([...kernel, inputs, outputs])],
    run: (x: tf.Tensor5D, filter: tf.Tensor5D) => conv3d(x, filter, { strides, ...(padding && { padding }) }),
    reference: (x, filter) => conv3dReference(x, filter, strides, used),
  };
}

function transposedConvolution(random: CaseRandom): Case {
  const kernel = random.pick(KERNELS);
  const strides = random.pick(STRIDES);
  const outputPadding = random.pick([null, [0, 0, 0]] as const);
  const used = outputPadding ?? (strides.map((s) => s - 1) as Three);
  const size = random.three(2, 4);
  const padding = kernel.map((k) => Math.floor(k / 2)) as Three;
  const [inputs, outputs] = [random.pick(CHANNELS), random.pick(CHANNELS)];
  return {
    name: `conv3dTranspose [${size}] ${inputs} -> ${outputs}, kernel [${kernel}], strides [${strides}], output padding [${used}]`,
    inputs: [random.tensor([random.integer(1, 2), ...size, inputs]), random.tensor([...kernel, outputs, inputs])],
    run: (x: tf.Tensor5D, filter: tf.Tensor5D) =>
      conv3dTranspose(x, filter, { strides, ...(outputPadding && { outputPadding }) }),
    reference: (x, filter) => conv3dTransposeReference(x, filter, strides, padding, used),
  };
}

onEveryDevice(() => {
  [...randomCases(20, convolution), ...randomCases(14, transposedConvolution)].forEach(itBehaves);

  it('computes only the gradients that are asked for', async () => {
    const x = tf.ones([1, 3, 3, 3, 1]) as tf.Tensor5D;
    const filter = tf.ones([3, 3, 3, 1, 1]) as tf.Tensor5D;
    const { kernels } = await tf.profile(() => tf.grad((f) => conv3d(x, f as tf.Tensor5D))(filter));
    const both = await tf.profile(() => tf.grads((a, f) => conv3d(a as tf.Tensor5D, f as tf.Tensor5D))([x, filter]));
    expect(kernels.length).toBeLessThan(both.kernels.length);
  });
});

describe('a filter used twice', () => {
  it('adds up its gradients', async () => {
    await tf.setBackend('cpu');
    const x = tf.ones([1, 2, 2, 2, 1]) as tf.Tensor5D;
    const filter = tf.fill([1, 1, 1, 1, 1], 3) as tf.Tensor5D;
    const gradient = tf.grad((f) => conv3d(conv3d(x, f as tf.Tensor5D), f as tf.Tensor5D))(filter);
    expect(Array.from(await gradient.data())).toEqual([48]);
  });
});
