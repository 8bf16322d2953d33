import { Parameters, Random } from '@paired3d/nn';
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { seededMasks, transformerBlock } from './transformer';

beforeAll(() => tf.setBackend('cpu'));

type Matrix = number[][];
const [LENGTH, WIDTH, HEADS, FEED] = [3, 4, 2, 5];

/** x W^T + b with PyTorch's [out, in] weights. */
const linear = (x: Matrix, weight: Matrix, bias: number[]): Matrix =>
  x.map((row) => weight.map((w, o) => w.reduce((sum, value, i) => sum + value * row[i], bias[o])));

const add = (a: Matrix, b: Matrix): Matrix => a.map((row, i) => row.map((value, j) => value + b[i][j]));

const normalise = (x: Matrix, scale: number[], offset: number[]): Matrix =>
  x.map((row) => {
    const mean = row.reduce((a, b) => a + b) / row.length;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
    return row.map((value, i) => ((value - mean) / Math.sqrt(variance + 1e-5)) * scale[i] + offset[i]);
  });

/** The error function, by its series. */
function erf(x: number): number {
  let [sum, term] = [0, x];
  for (let n = 0; n < 60; n++) {
    sum += term / (2 * n + 1);
    term *= -(x * x) / (n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** `nn.TransformerEncoderLayer(activation='gelu', norm_first=…)`, by its equations. */
function reference(x: Matrix, weights: (name: string) => unknown, norm: 'pre' | 'post'): Matrix {
  const [matrix, vector] = [weights as (name: string) => Matrix, weights as (name: string) => number[]];
  const layerNorm = (name: string) => (y: Matrix) => normalise(y, vector(`${name}.weight`), vector(`${name}.bias`));
  const attend = (y: Matrix): Matrix => {
    const projected = linear(y, matrix('self_attn.in_proj_weight'), vector('self_attn.in_proj_bias'));
    const size = WIDTH / HEADS;
    const mixed = y.map(() => new Array<number>(WIDTH).fill(0));
    for (let head = 0; head < HEADS; head++) {
      const part = (row: number, which: number) =>
        projected[row].slice(which * WIDTH + head * size, which * WIDTH + (head + 1) * size);
      for (let q = 0; q < LENGTH; q++) {
        const scores = y.map((_, k) => part(q, 0).reduce((sum, value, i) => sum + value * part(k, 1)[i], 0));
        const powers = scores.map((score) => Math.exp(score / Math.sqrt(size)));
        const total = powers.reduce((a, b) => a + b);
        powers.forEach((power, k) =>
          part(k, 2).forEach((value, i) => (mixed[q][head * size + i] += (power / total) * value)),
        );
      }
    }
    return linear(mixed, matrix('self_attn.out_proj.weight'), vector('self_attn.out_proj.bias'));
  };
  const feed = (y: Matrix): Matrix => {
    const hidden = linear(y, matrix('linear1.weight'), vector('linear1.bias'));
    const active = hidden.map((row) => row.map((value) => (value * (1 + erf(value / Math.SQRT2))) / 2));
    return linear(active, matrix('linear2.weight'), vector('linear2.bias'));
  };
  const [norm1, norm2] = [layerNorm('norm1'), layerNorm('norm2')];
  if (norm === 'post') {
    const y = norm1(add(x, attend(x)));
    return norm2(add(y, feed(y)));
  }
  const y = add(x, attend(norm1(x)));
  return add(y, feed(norm2(y)));
}

describe('transformerBlock', () => {
  it.each(['post', 'pre'] as const)('is PyTorch’s TransformerEncoderLayer, %s-norm', async (norm) => {
    const parameters = new Parameters(new Random(1));
    const block = transformerBlock(parameters, { width: WIDTH, heads: HEADS, feedForward: FEED, norm });
    // All weights random, those too that start at 0 or 1.
    for (const [name, variable] of parameters.entries) {
      variable.assign(tf.tensor(Random.of(name).normals(variable.size), variable.shape));
    }
    const x = tf.tensor3d(new Random(2).normals(2 * LENGTH * WIDTH), [2, LENGTH, WIDTH]);
    const actual = (await block(x).array()) as number[][][];
    const weights = (name: string) => parameters.entries.get(name)!.arraySync();
    ((await x.array()) as number[][][]).forEach((item, i) => {
      reference(item, weights, norm).forEach((row, s) =>
        row.forEach((value, c) => expect(actual[i][s][c]).toBeCloseTo(value, 4)),
      );
    });
    parameters.dispose();
  });
});

describe('seededMasks', () => {
  it('gives a new mask each time, the same ones from the same generator', () => {
    const draw = () => {
      const next = seededMasks(0.25, new Random(1))!;
      return [next(), next(), next()];
    };
    expect(draw()).toEqual(draw());
    expect(new Set(draw().map(({ seed }) => seed)).size).toBe(3);
    expect(draw()[0].rate).toBe(0.25);
  });

  it('is absent at rate 0', () => {
    expect(seededMasks(0, new Random(1))).toBeUndefined();
  });
});
