import '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { registerWasmKernels } from '@paired3d/ops/wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { computeGradients } from './gradients';
import { conv3dLayer, instanceNormPreluLayer, linearLayer, sequential, type Layer } from './layers';
import { Parameters } from './parameters';
import { Random } from './random';
import { recompute } from './recompute';
import { NOTHING, leaked } from './testing';

type Volume = Layer<tf.Tensor5D>;

/** `depth` blocks of convolution, norm, PReLU and keyed dropout; `wrap` makes something of each. */
function network(depth: number, wrap: (layer: Volume, parameters: Parameters) => Volume) {
  const parameters = new Parameters(new Random(1));
  const blocks = Array.from({ length: depth }, (_, i) => {
    const scope = parameters.scope(i);
    const layers = sequential(conv3dLayer(scope.scope('conv'), { in: 2, out: 2 }), instanceNormPreluLayer(scope));
    const dropout: Volume = (x) =>
      tf.mul(x, tf.tensor(Random.of('dropout', i).uniforms(x.size), x.shape)) as tf.Tensor5D;
    return wrap(sequential(layers, dropout), scope);
  });
  return { parameters, forward: sequential(...blocks) };
}

const plain = (depth: number) => network(depth, (layer) => layer);
const each = (depth: number) => network(depth, recompute);
/** The whole behind one checkpoint, with one for each block inside. */
function nested(depth: number) {
  const { parameters, forward } = each(depth);
  return { parameters, forward: recompute(forward, parameters) };
}

const volume = (n = 4) => tf.tensor(new Random(2).normals(2 * n ** 3), [1, n, n, n, 2]) as tf.Tensor5D;
const loss = (y: tf.Tensor) => tf.sum(tf.square(tf.add(y, 0.1))) as tf.Scalar;

/** Loss, and gradients to all weights and to x. */
async function differentiate({ parameters, forward }: ReturnType<typeof plain>, x: tf.Tensor5D) {
  const { loss: value, gradients } = computeGradients(parameters, () => loss(forward(x)));
  const all = { loss: value, ...Object.fromEntries(gradients), x: tf.grad((a) => loss(forward(a as tf.Tensor5D)))(x) };
  const read = await Promise.all(
    Object.entries(all).map(async ([name, tensor]) => [name, Array.from(await tensor.data())] as const),
  );
  tf.dispose(all);
  return Object.fromEntries(read);
}

describe.each(['cpu', 'wasm'])('recompute on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    if (backend === 'wasm') await registerWasmKernels();
  });

  it('gives the same loss and gradients, bit for bit, also when nested', async () => {
    const x = volume();
    const expected = await differentiate(plain(3), x);
    expect(Object.keys(expected)).toHaveLength(1 + 3 * 3 + 1);
    expect(await differentiate(each(3), x)).toEqual(expected);
    expect(await differentiate(nested(3), x)).toEqual(expected);
    x.dispose();
  });

  it('gives gradients that finite differences give', async () => {
    const parameters = new Parameters(new Random(3));
    const smooth = (i: number): Layer => {
      const scope = parameters.scope(i);
      return recompute(sequential(linearLayer(scope, { in: 3, out: 3 }), tf.tanh as Layer), scope);
    };
    const forward = recompute(sequential(smooth(0), smooth(1)), parameters);
    const x = tf.tensor(new Random(4).normals(12), [4, 3]);
    const { gradients } = computeGradients(parameters, () => loss(forward(x)));
    for (const [name, weight] of parameters.entries) {
      const start = Array.from(await weight.data());
      const direction = new Random(name).normals(weight.size);
      const along = async (step: number) => {
        tf.tidy(() =>
          weight.assign(
            tf.tensor(
              start.map((w, i) => w + step * direction[i]),
              weight.shape,
            ),
          ),
        );
        return (await loss(forward(x)).data())[0];
      };
      const numeric = ((await along(0.01)) - (await along(-0.01))) / 0.02;
      await along(0);
      const analytic = Array.from(await gradients.get(name)!.data()).reduce((sum, g, i) => sum + g * direction[i], 0);
      expect(Math.abs(analytic - numeric), name).toBeLessThan(2e-3 * (1 + Math.abs(numeric)));
    }
  });

  it('leaves nothing behind, and the tape as it was', async () => {
    const x = volume();
    const all = [plain(2), each(2), nested(2)];
    for (const { parameters, forward } of all) {
      const left = await leaked(() => {
        const { loss: value, gradients } = computeGradients(parameters, () => tf.tidy(() => loss(forward(x))));
        tf.dispose([value, ...gradients.values()]);
        tf.tidy(() => void forward(x));
      });
      expect(left).toEqual(NOTHING);
    }
    const { activeTape, gradientDepth } = tf.engine().state;
    expect({ activeTape, gradientDepth }).toEqual({ activeTape: null, gradientDepth: 0 });
  });

  it('holds fewer bytes at once', async () => {
    const x = volume(4);
    const peak = async ({ parameters, forward }: ReturnType<typeof plain>) => {
      const before = tf.memory().numBytes;
      const { peakBytes } = await tf.profile(() => {
        const { loss: value, gradients } = computeGradients(parameters, () => loss(forward(x)));
        tf.dispose([value, ...gradients.values()]);
      });
      return peakBytes - before;
    };
    const [whole, checkpointed] = [await peak(plain(12)), await peak(each(12))];
    expect(checkpointed).toBeLessThan(0.5 * whole);
    x.dispose();
  });
});

it('passes an error of the layer in the backward pass on, and keeps TensorFlow.js usable', () => {
  const x = tf.tensor1d([1, 2]);
  let calls = 0;
  const failing = recompute((a: tf.Tensor1D) => {
    if (++calls > 1) throw new Error('no memory');
    return tf.square(a);
  });
  expect(() => tf.grad((a) => tf.sum(failing(a as tf.Tensor1D)))(x)).toThrow('no memory');
  expect(
    Array.from(
      tf
        .grad((a) => tf.sum(tf.square(a)))(x)
        .dataSync(),
    ),
  ).toEqual([2, 4]);
});

it('gives a constant input no gradient, the weights theirs', () => {
  const parameters = new Parameters(new Random(1));
  const weight = parameters.add('weight', [2], 3);
  const square = recompute((x: tf.Tensor) => tf.mul(x, tf.square(weight)), parameters, { constantInput: true });
  const x = tf.tensor1d([1, 2]);
  const { gradients } = computeGradients(parameters, () => tf.sum(square(x)));
  expect(Array.from(gradients.get('weight')!.dataSync())).toEqual([6, 12]);
  expect(() => tf.grad((a) => tf.sum(square(a)))(x)).toThrow('Cannot compute gradient');
});

it('gives weights that the layer does not use a gradient of zero', () => {
  const parameters = new Parameters(new Random(1));
  const used = parameters.add('used', [2], 3);
  parameters.add('unused', [2], 1);
  const layer = recompute((x: tf.Tensor) => tf.mul(x, used), parameters);
  const { gradients } = computeGradients(parameters, () => tf.sum(layer(tf.tensor1d([1, 2]))));
  expect(Array.from(gradients.get('used')!.dataSync())).toEqual([1, 2]);
  expect(Array.from(gradients.get('unused')!.dataSync())).toEqual([0, 0]);
});
