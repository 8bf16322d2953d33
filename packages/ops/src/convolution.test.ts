import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conv3d } from './conv3d';
import { conv3dTranspose } from './conv3dTranspose';
import { conv3dReference, conv3dTransposeReference } from './reference/conv3d';
import { itBehaves } from './testing/behaviour';
import { onEveryDevice } from './testing/devices';
import { channels, three, upTo } from './testing/random';

type Three = [number, number, number];

const kernels = fc.constantFrom<Three[]>([3, 3, 3], [1, 1, 1], [2, 2, 2], [1, 3, 3], [3, 1, 2]);
const strides = fc.constantFrom<Three[]>([1, 1, 1], [2, 2, 2], [1, 2, 2], [3, 1, 2]);
const settings = { batch: upTo(2), kernel: kernels, strides, inputs: channels, outputs: channels };

/** As many voxels as keep the plain loops short: few of many channels, and rows longer than a tile of few. */
function fitting([d, h, w]: Three, inputs: number, outputs: number): Three {
  const work = inputs * outputs;
  return work > 500 ? [d % 2, h % 2, w % 3] : work > 60 ? [d % 3, h % 3, w % 5] : [d, h, w];
}

onEveryDevice(() => {
  const more = fc.tuple(fc.nat(4), fc.nat(4), fc.nat(9));

  itBehaves(
    'conv3d',
    { ...settings, more, padding: fc.constantFrom(null, [0, 0, 0] as Three, [2, 1, 0] as Three) },
    ({ batch, kernel, strides, inputs, outputs, more, padding }, random) => {
      const size = fitting(more, inputs, outputs).map((n, i) => n + kernel[i]);
      const used = padding ?? kernel.map((k) => Math.floor(k / 2));
      return {
        inputs: [random.tensor([batch, ...size, inputs]), random.tensor([...kernel, inputs, outputs])],
        run: (x: tf.Tensor5D, filter: tf.Tensor5D) => conv3d(x, filter, { strides, ...(padding && { padding }) }),
        reference: (x, filter) => conv3dReference(x, filter, strides, used as Three),
      };
    },
  );

  // Where the fast algorithms of wide layers set in.
  const wide = fc.constantFrom(32, 33, 40);
  itBehaves(
    'conv3d of many channels',
    { inputs: wide, outputs: wide, size: fc.tuple(upTo(3), upTo(4), upTo(5)), strides: fc.constantFrom(1, 1, 2) },
    ({ inputs, outputs, size, strides }, random) => ({
      inputs: [random.tensor([1, ...size, inputs]), random.tensor([3, 3, 3, inputs, outputs], 0.1)],
      run: (x: tf.Tensor5D, filter: tf.Tensor5D) => conv3d(x, filter, { strides }),
      reference: (x, filter) => conv3dReference(x, filter, [strides, strides, strides], [1, 1, 1]),
    }),
  );

  itBehaves(
    'conv3dTranspose',
    { ...settings, more: three(0, 3), outputPadding: fc.constantFrom(null, [0, 0, 0] as Three) },
    ({ batch, kernel, strides, inputs, outputs, more, outputPadding }, random) => {
      const padding = kernel.map((k) => Math.floor(k / 2)) as Three;
      const used = outputPadding ?? (strides.map((s) => s - 1) as Three);
      // At least two voxels, for the output of one may lie in the padding altogether.
      const coarse = fitting(more, inputs, outputs).map((n) => n + 2);
      return {
        inputs: [random.tensor([batch, ...coarse, inputs]), random.tensor([...kernel, outputs, inputs])],
        run: (x: tf.Tensor5D, filter: tf.Tensor5D) =>
          conv3dTranspose(x, filter, { strides, ...(outputPadding && { outputPadding }) }),
        reference: (x, filter) => conv3dTransposeReference(x, filter, strides, padding, used),
      };
    },
  );

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
