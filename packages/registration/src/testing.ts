import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { registerWasmKernels } from '@paired3d/ops/wasm';
import { Random } from '@paired3d/nn';
import type { Size3 } from './config';

/** The fast backend, for tests that train. */
export async function useWasm(): Promise<void> {
  await tf.setBackend('wasm');
  await registerWasmKernels();
}

/** A soft ball [1, ...size, 1], radius and centre in voxels. */
export function ball(size: Size3, centre: readonly number[], radius: number): tf.Tensor5D {
  const values = new Float32Array(size[0] * size[1] * size[2]);
  let at = 0;
  for (let i = 0; i < size[0]; i++)
    for (let j = 0; j < size[1]; j++)
      for (let k = 0; k < size[2]; k++) {
        const distance = Math.hypot(i - centre[0], j - centre[1], k - centre[2]);
        values[at++] = 1 / (1 + Math.exp(2 * (distance - radius)));
      }
  return tf.tensor5d(values, [1, ...size, 1]);
}

/** A smooth random field [1, ...size, 3] of the given amplitude: a few low waves, zero at the border. */
export function smoothField(size: Size3, amplitude: number, seed: number): tf.Tensor5D {
  const random = new Random(seed);
  const waves = Array.from({ length: 9 }, () => random.normal());
  const values: number[] = [];
  for (let i = 0; i < size[0]; i++)
    for (let j = 0; j < size[1]; j++)
      for (let k = 0; k < size[2]; k++) {
        const [u, v, w] = [i, j, k].map((index, axis) => Math.sin((Math.PI * (index + 0.5)) / size[axis]));
        for (let c = 0; c < 3; c++)
          values.push(amplitude * u * v * w * (waves[3 * c] + waves[3 * c + 1] * u * v + waves[3 * c + 2] * w * w));
      }
  return tf.tensor5d(values, [1, ...size, 3]);
}

/** Number of tensors that `run` leaves behind. */
export async function leaked(run: () => unknown): Promise<number> {
  const before = tf.memory().numTensors;
  await run();
  return tf.memory().numTensors - before;
}

/** Slope of `f` at 0, by central differences. */
export function slope(f: (shift: number) => number, step: number): number {
  return (f(step) - f(-step)) / (2 * step);
}
