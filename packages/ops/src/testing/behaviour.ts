import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Host } from '../reference/host';
import { CaseRandom } from './random';

/** An operation on given inputs, and what it should give. */
export interface Case {
  inputs: Host[];
  run: (...inputs: never[]) => tf.Tensor;
  reference: (...inputs: Host[]) => Host;
  /** Which inputs get a gradient; by default all. */
  differentiable?: number[];
  /** Largest error, relative to the largest magnitude expected (at least 1); default 2e-5. */
  tolerance?: number;
}

/** Settings of an operation, each as fast-check draws it. */
export type Settings<T> = { [K in keyof T]: fc.Arbitrary<T[K]> };

/** Cases of each property; `npm run test:slow` asks for many more. */
const RUNS = Number(process.env.PAIRED3D_RUNS ?? 10);

/**
 * Checks a property for drawn settings, the same ones each time. A failure prints the smallest settings that fail, and
 * the seed of the values.
 */
export function itHolds<T>(
  name: string,
  settings: Settings<T>,
  check: (drawn: T, random: CaseRandom) => Promise<void>,
): void {
  const property = fc.asyncProperty(fc.record(settings), fc.noShrink(fc.nat()), (drawn, seed) =>
    check(drawn as T, new CaseRandom(seed)),
  );
  it(name, () => fc.assert(property, { seed: 1, numRuns: RUNS }));
}

/** Value, gradients and memory of an operation against its reference, for drawn settings. */
export function itBehaves<T>(name: string, settings: Settings<T>, make: (drawn: T, random: CaseRandom) => Case): void {
  itHolds(name, settings, async (drawn, random) => {
    const testCase = make(drawn, random);
    await expectValue(testCase);
    await expectGradients(testCase);
  });
}

export function upload({ shape, data, dtype }: Host): tf.Tensor {
  const values = dtype === 'int32' ? Int32Array.from(data) : Float32Array.from(data);
  return tf.tensor(values, [...shape], dtype);
}

export async function expectClose(actual: tf.Tensor, expected: Host, tolerance = 2e-5): Promise<void> {
  expect(actual.shape).toEqual([...expected.shape]);
  expect(actual.dtype).toBe(expected.dtype);
  const values = await actual.data();
  const scale = expected.data.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
  const worst = expected.data.reduce(
    (a, b, i) => Math.max(a, Number.isNaN(values[i]) ? Infinity : Math.abs(values[i] - b)),
    0,
  );
  expect(worst / scale).toBeLessThanOrEqual(tolerance);
}

async function expectValue({ inputs, run, reference, tolerance }: Case): Promise<void> {
  const tensors = inputs.map(upload);
  const before = tf.memory().numTensors;
  const y = run(...(tensors as never[]));
  expect(tf.memory().numTensors).toBe(before + 1);
  await expectClose(y, reference(...inputs), tolerance);
  for (const [i, tensor] of tensors.entries()) await expectClose(tensor, inputs[i], 0);
  tf.dispose([y, ...tensors]);
}

async function expectGradients(testCase: Case): Promise<void> {
  const { inputs, run, reference, differentiable = inputs.map((_, i) => i) } = testCase;
  if (differentiable.length === 0) return;
  const tensors = inputs.map(upload);
  const weights = new CaseRandom(7).tensor(reference(...inputs).shape);
  const dy = upload(weights);
  const operation = (...args: tf.Tensor[]) => {
    const all = tensors.map((tensor, i) => (differentiable.includes(i) ? args[differentiable.indexOf(i)] : tensor));
    return run(...(all as never[]));
  };
  const before = tf.memory().numTensors;
  const variables = differentiable.map((i) => tensors[i]);
  const gradients = tf.grads(operation)(variables, dy);
  expect(tf.memory().numTensors).toBe(before + gradients.length);
  for (const [n, gradient] of gradients.entries()) {
    await expectGradient(testCase, differentiable[n], weights, gradient);
  }
  tf.dispose([dy, ...tensors, ...gradients]);
}

/** The second step is for a function that bends within the first. */
const STEPS = [1e-5, 1e-7];
const SAMPLES = 8;

/** Compares with central differences of the reference, which computes in double precision: some entries, and one direction. */
async function expectGradient(
  { inputs, reference, tolerance = 2e-5 }: Case,
  index: number,
  weights: Host,
  gradient: tf.Tensor,
): Promise<void> {
  const input = inputs[index];
  expect(gradient.shape).toEqual([...input.shape]);
  const values = await gradient.data();
  const random = new CaseRandom(11 + index);
  const difference = (direction: Float64Array, step: number): number => {
    const loss = (sign: number): number => {
      const moved = { ...input, data: input.data.map((value, i) => value + sign * step * direction[i]) };
      const y = reference(...inputs.map((other, i) => (i === index ? moved : other)));
      return y.data.reduce((sum, value, i) => sum + value * weights.data[i], 0);
    };
    return (loss(1) - loss(-1)) / (2 * step);
  };
  const compare = (direction: Float64Array): void => {
    let actual = 0;
    let magnitude = 1;
    direction.forEach((d, i) => {
      actual += d * values[i];
      magnitude += Math.abs(d * values[i]);
    });
    let error = Infinity;
    for (const step of STEPS) {
      error = Math.min(error, Math.abs(actual - difference(direction, step)) / magnitude);
      if (error <= 2 * tolerance) return;
    }
    expect(error).toBeLessThanOrEqual(2 * tolerance);
  };
  for (let sample = 0; sample < Math.min(SAMPLES, input.data.length); sample++) {
    const direction = new Float64Array(input.data.length);
    direction[random.integer(0, input.data.length - 1)] = 1;
    compare(direction);
  }
  compare(random.tensor(input.shape).data);
}
