import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { at, type Host } from '../reference/host';
import { CaseRandom } from './random';

/** An operation on given inputs, and what it should give. */
export interface Case {
  name: string;
  inputs: Host[];
  run: (...inputs: never[]) => tf.Tensor;
  reference: (...inputs: Host[]) => Host;
  /** Which inputs get a gradient; by default all. */
  differentiable?: number[];
  /** Largest error, relative to the largest magnitude expected (at least 1); default 2e-5. */
  tolerance?: number;
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

/** Value, gradients and memory of one case, against its reference. */
export function itBehaves(testCase: Case): void {
  it(`${testCase.name}: value`, async () => {
    const inputs = testCase.inputs.map(upload);
    const before = tf.memory().numTensors;
    const y = testCase.run(...(inputs as never[]));
    expect(tf.memory().numTensors).toBe(before + 1);
    await expectClose(y, testCase.reference(...testCase.inputs), testCase.tolerance);
    for (const [i, input] of inputs.entries()) await expectClose(input, testCase.inputs[i], 0);
    tf.dispose([y, ...inputs]);
  });

  const differentiable = testCase.differentiable ?? testCase.inputs.map((_, i) => i);
  if (differentiable.length === 0) return;
  it(`${testCase.name}: gradient`, async () => {
    const inputs = testCase.inputs.map(upload);
    const weights = new CaseRandom(7).tensor(testCase.reference(...testCase.inputs).shape);
    const dy = upload(weights);
    const variables = differentiable.map((i) => inputs[i]);
    const operation = (...args: tf.Tensor[]) => {
      const all = inputs.map((input, i) => (differentiable.includes(i) ? args[differentiable.indexOf(i)] : input));
      return testCase.run(...(all as never[]));
    };
    const before = tf.memory().numTensors;
    const gradients = tf.grads(operation)(variables, dy);
    expect(tf.memory().numTensors).toBe(before + gradients.length);
    for (const [n, gradient] of gradients.entries()) {
      await expectGradient(testCase, differentiable[n], weights, gradient);
    }
    tf.dispose([dy, ...inputs, ...gradients]);
  });
}

const STEP = 1e-5;
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
  const along = (direction: Float64Array): number => {
    const loss = (sign: number): number => {
      const moved = { ...input, data: input.data.map((value, i) => value + sign * STEP * direction[i]) };
      const y = reference(...inputs.map((other, i) => (i === index ? moved : other)));
      return y.data.reduce((sum, value, i) => sum + value * weights.data[i], 0);
    };
    return (loss(1) - loss(-1)) / (2 * STEP);
  };
  const compare = (direction: Float64Array): void => {
    let actual = 0;
    let magnitude = 1;
    direction.forEach((d, i) => {
      actual += d * values[i];
      magnitude += Math.abs(d * values[i]);
    });
    expect(Math.abs(actual - along(direction)) / magnitude).toBeLessThanOrEqual(2 * tolerance);
  };
  for (let sample = 0; sample < SAMPLES; sample++) {
    const direction = new Float64Array(input.data.length);
    direction[at([input.data.length], random.integer(0, input.data.length - 1))] = 1;
    compare(direction);
  }
  compare(random.tensor(input.shape).data);
}
