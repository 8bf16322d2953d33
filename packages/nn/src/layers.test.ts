import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  conv3dLayer,
  conv3dTransposeLayer,
  embeddingLayer,
  instanceNormPreluLayer,
  layerNormLayer,
  linearLayer,
  sequential,
  type ConvOptions,
} from './layers';
import { Parameters } from './parameters';
import { Random } from './random';
import { stateDict } from './stateDict';
import { NOTHING, leaked } from './testing';

beforeAll(() => tf.setBackend('cpu'));

const make = () => new Parameters(new Random(1));
const input = (shape: number[]) => tf.tensor(new Random(2).normals(tf.util.sizeFromShape(shape)), shape);

/** Shapes of all weights, by name. */
const shapes = (parameters: Parameters) =>
  Object.fromEntries([...parameters.entries].map(([name, { shape }]) => [name, shape]));

type Voxel = readonly [number, number, number];

function* voxels([d, h, w]: readonly number[]): Generator<Voxel> {
  for (let i = 0; i < d; i++) for (let j = 0; j < h; j++) for (let k = 0; k < w; k++) yield [i, j, k];
}

/** Offset in a row-major array. */
const at = (shape: readonly number[], ...index: readonly number[]) =>
  index.reduce((offset, i, axis) => offset * shape[axis] + i, 0);

/**
 * PyTorch's definitions, over [D, H, W, C] images: `Conv3d` gathers with weight [out, in, k…], `ConvTranspose3d`
 * scatters with weight [in, out, k…].
 */
async function reference(parameters: Parameters, x: tf.Tensor5D, options: ConvOptions, outputSize: readonly number[]) {
  const transposed = outputSize.some((n, a) => n > x.shape[a + 1]);
  const state = await stateDict(parameters);
  const { shape, data: weight } = state.get('weight')!;
  const bias = state.get('bias')!.data as Float32Array;
  const [, ...size] = x.shape as number[];
  const values = await x.data();
  const outShape = [...outputSize, options.out];
  const out = new Float64Array(outShape.reduce((a, b) => a * b)).map((_, i) => bias[i % options.out]);
  const kernel = shape.slice(2);
  const strides = options.strides ?? 1;
  const flat = options.spatialDims === 2;
  const pad = kernel.map((k) => Math.floor(k / 2));
  const [coarse, fine] = transposed ? [size, outputSize] : [outputSize, size];
  for (const c of voxels(coarse)) {
    for (const k of voxels(kernel)) {
      const f = c.map((n, a) => n * (flat && a === 0 ? 1 : strides) - pad[a] + k[a]);
      if (f.some((n, a) => n < 0 || n >= fine[a])) continue;
      for (let i = 0; i < options.in; i++) {
        for (let o = 0; o < options.out; o++) {
          const w = Number(weight[at(shape, ...(transposed ? [i, o] : [o, i]), ...k)]);
          const [from, to] = transposed ? [c, f] : [f, c];
          out[at(outShape, ...to, o)] += w * values[at(size, ...from, i)];
        }
      }
    }
  }
  return out;
}

describe('convolutions', () => {
  it.each([
    { in: 2, out: 3 },
    { in: 2, out: 3, strides: 2 },
    { in: 1, out: 2, strides: 2, spatialDims: 2 as const },
    { in: 2, out: 2, kernel: 1 },
  ])('conv3dLayer(%o) is PyTorch’s Conv3d', async (options) => {
    const parameters = make();
    const layer = conv3dLayer(parameters, options);
    const flat = options.spatialDims === 2;
    const x = input([1, flat ? 1 : 4, 5, 6, options.in]) as tf.Tensor5D;
    const y = layer(x);
    const size = x.shape.slice(1, 4).map((n, a) => (flat && a === 0 ? 1 : Math.ceil(n / (options.strides ?? 1))));
    expect(y.shape).toEqual([1, ...size, options.out]);
    const expected = await reference(parameters, x, options, size);
    (await y.data()).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 5));
    parameters.dispose();
  });

  it.each([
    { in: 2, out: 3, strides: 2 },
    { in: 1, out: 2, strides: 2, spatialDims: 2 as const },
  ])('conv3dTransposeLayer(%o) is PyTorch’s ConvTranspose3d and doubles the size', async (options) => {
    const parameters = make();
    const layer = conv3dTransposeLayer(parameters, options);
    const flat = options.spatialDims === 2;
    const x = input([1, flat ? 1 : 2, 3, 2, options.in]) as tf.Tensor5D;
    const y = layer(x);
    const size = [flat ? 1 : 4, 6, 4];
    expect(y.shape).toEqual([1, ...size, options.out]);
    const expected = await reference(parameters, x, options, size);
    (await y.data()).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 5));
    parameters.dispose();
  });

  it('sizes: stride 1 keeps, stride 2 halves or doubles, kernels of 2 too', () => {
    const parameters = make();
    const x = tf.zeros([2, 4, 6, 2, 1]) as tf.Tensor5D;
    const even = { in: 1, out: 1, kernel: 2, strides: 2, padding: 0 };
    expect(conv3dTransposeLayer(parameters.scope('a'), { in: 1, out: 5 })(x).shape).toEqual([2, 4, 6, 2, 5]);
    expect(conv3dTransposeLayer(parameters.scope('b'), even)(x).shape).toEqual([2, 8, 12, 4, 1]);
    expect(conv3dLayer(parameters.scope('c'), even)(x).shape).toEqual([2, 2, 3, 1, 1]);
    parameters.dispose();
  });

  it('name and shape their weights', async () => {
    const parameters = make();
    conv3dLayer(parameters.scope('a'), { in: 2, out: 4 });
    conv3dTransposeLayer(parameters.scope('b'), { in: 4, out: 2, bias: false });
    conv3dLayer(parameters.scope('c'), { in: 2, out: 4, spatialDims: 2 });
    expect(shapes(parameters)).toEqual({
      'a.weight': [3, 3, 3, 2, 4],
      'a.bias': [4],
      'b.weight': [3, 3, 3, 2, 4],
      'c.weight': [1, 3, 3, 2, 4],
      'c.bias': [4],
    });
    const state = await stateDict(parameters);
    expect(state.get('a.weight')!.shape).toEqual([4, 2, 3, 3, 3]);
    expect(state.get('b.weight')!.shape).toEqual([4, 2, 3, 3, 3]);
    parameters.dispose();
  });

  it('start as PyTorch starts them: uniform in ±1/sqrt(fan), the transposed fan taken from `out`', () => {
    const parameters = make();
    conv3dLayer(parameters.scope('a'), { in: 16, out: 4 });
    conv3dTransposeLayer(parameters.scope('b'), { in: 4, out: 16 });
    for (const name of ['a.weight', 'b.weight', 'a.bias', 'b.bias']) {
      const bound = 1 / Math.sqrt(16 * 27);
      const values = Array.from(parameters.entries.get(name)!.dataSync()).map(Math.abs);
      expect(Math.max(...values)).toBeLessThanOrEqual(bound);
      expect(Math.max(...values)).toBeGreaterThan(0.6 * bound);
    }
    parameters.dispose();
  });
});

describe('other layers', () => {
  it('linear: y = x W^T + b over the last axis', async () => {
    const parameters = make();
    const layer = linearLayer(parameters, { in: 3, out: 2 });
    expect(shapes(parameters)).toEqual({ weight: [2, 3], bias: [2] });
    parameters.entries.get('weight')!.assign(tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]));
    parameters.entries.get('bias')!.assign(tf.tensor1d([10, 20]));
    const y = layer(tf.tensor3d([1, 0, 0, 0, 1, 1], [1, 2, 3]));
    expect(y.shape).toEqual([1, 2, 2]);
    expect(Array.from(await y.data())).toEqual([11, 24, 15, 31]);
    parameters.dispose();
  });

  it('embedding, layer norm and instance norm with PReLU have PyTorch’s and MONAI’s names', () => {
    const parameters = make();
    const embed = embeddingLayer(parameters.scope('token'), { rows: 5, width: 3 });
    const norm = layerNormLayer(parameters.scope('norm'), { width: 3 });
    const adn = instanceNormPreluLayer(parameters.scope('adn'));
    expect(shapes(parameters)).toEqual({
      'token.weight': [5, 3],
      'norm.weight': [3],
      'norm.bias': [3],
      'adn.A.weight': [1],
    });
    expect(embed(tf.tensor2d([0, 4], [1, 2], 'int32')).shape).toEqual([1, 2, 3]);
    const y = norm(input([2, 3]));
    expect(tf.sum(y).dataSync()[0]).toBeCloseTo(0, 5);
    expect(adn(input([1, 2, 2, 2, 3]) as tf.Tensor5D).shape).toEqual([1, 2, 2, 2, 3]);
    expect(parameters.entries.get('adn.A.weight')!.dataSync()[0]).toBe(0.25);
    parameters.dispose();
  });

  it('sequential applies from left to right', async () => {
    const chain = sequential<tf.Tensor>((x) => tf.add(x, 1), (x) => tf.mul(x, 10)); // prettier-ignore
    expect(Array.from(await chain(tf.tensor1d([1])).data())).toEqual([20]);
  });

  it('leave nothing behind but their result', async () => {
    const left = await leaked(() => {
      const parameters = make();
      const layer = sequential(
        conv3dLayer(parameters.scope('a'), { in: 1, out: 2, strides: 2 }),
        instanceNormPreluLayer(parameters.scope('b')),
        conv3dTransposeLayer(parameters.scope('c'), { in: 2, out: 1, strides: 2 }),
      );
      const linear = linearLayer(parameters.scope('d'), { in: 1, out: 3 });
      const norm = layerNormLayer(parameters.scope('e'), { width: 3 });
      const x = tf.zeros([1, 4, 4, 4, 1]) as tf.Tensor5D;
      const y = tf.tidy(() => norm(linear(layer(x))));
      tf.dispose([x, y]);
      parameters.dispose();
    });
    expect(left).toEqual(NOTHING);
  });
});
