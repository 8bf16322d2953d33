import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import type { NamedAttrMap, NamedTensorMap } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect } from 'vitest';
import { host, type Host } from '../reference/host';
import { guardHeap } from '../testing/guardedHeap';
import { registerWasmKernels } from './register';

/** Deterministic numbers in [-1, 1) for tests. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 31 - 1;
  };
}

export function randomTensor(next: () => number, shape: readonly number[]): tf.Tensor {
  return tf.tensor(Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, next), [...shape]);
}

export function runKernel(name: string, inputs: object, attributes: object = {}): tf.Tensor {
  return tf.engine().runKernel(name, inputs as NamedTensorMap, attributes as NamedAttrMap) as tf.Tensor;
}

export function runKernelMany(name: string, inputs: object, attributes: object = {}): tf.Tensor[] {
  return tf.engine().runKernel(name, inputs as NamedTensorMap, attributes as NamedAttrMap) as tf.Tensor[];
}

/** Largest difference, relative to the largest magnitude expected. NaN counts as infinite. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 1e-30;
  let difference = 0;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]));
    const d = Math.abs(actual[i] - expected[i]);
    difference = Number.isNaN(d) ? Infinity : Math.max(difference, d);
  }
  return difference / largest;
}

/** A random host tensor and the same on the device. */
export function randomPair(next: () => number, shape: readonly number[]): { host: Host; tensor: tf.Tensor } {
  const data = Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, next);
  return { host: host(shape, data), tensor: tf.tensor(data, [...shape]) };
}

/** Gradient of sum(dy * f(inputs)) with respect to one input, by central differences in double precision. */
export function numericGradient(f: (...inputs: Host[]) => Host, inputs: Host[], index: number, dy: Host): Float64Array {
  const { data } = inputs[index];
  const objective = () => f(...inputs).data.reduce((sum, value, i) => sum + value * dy.data[i], 0);
  return Float64Array.from(data, (value, i) => {
    const step = 1e-4;
    data[i] = value + step;
    const above = objective();
    data[i] = value - step;
    const below = objective();
    data[i] = value;
    return (above - below) / (2 * step);
  });
}

/** Runs `body` and fails if it leaves tensors behind, on the engine or in the backend. */
export function expectNoLeak(body: () => void): void {
  const count = () => [tf.memory().numTensors, tf.engine().backend.numDataIds()];
  const before = count();
  tf.tidy(body);
  expect(count()).toEqual(before);
}

/** Declares tests on the plain binary and on the one with fused multiply-add. */
export function describeKernels(name: string, declare: () => void): void {
  describe.each([{ relaxedSimd: false }, {}])(`${name} %o`, (options) => {
    beforeAll(async () => {
      await tf.setBackend('wasm');
      await registerWasmKernels(options);
      guardHeap(tf.backend());
    });
    declare();
  });
}
