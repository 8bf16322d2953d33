import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import type { HostTensor } from '@paired3d/nn';
import { registerWasmKernels } from '@paired3d/ops/wasm';
import golden from '../test/golden.json';
import type { RegistrationConfig } from './config';
import { RegistrationNetwork } from './network';

const SIZE = [12, 8, 12] as const;
const SMALL: Partial<RegistrationConfig> = {
  size: SIZE,
  channels: [4, 6, 8],
  strides: [2, 2],
  smoothing: { width: 3, strides: [2, 1] },
  integrationSteps: 6,
};
const CASES = {
  paper: {},
  grid: { integrateAt: 'grid', similarity: 'ncc', regulariser: 'bending', regularisation: 0.02 },
} satisfies Record<string, Partial<RegistrationConfig>>;

/** The formulas of test/golden.py. */
function image(centre: readonly number[]): tf.Tensor5D {
  const values: number[] = [];
  for (let i = 0; i < SIZE[0]; i++)
    for (let j = 0; j < SIZE[1]; j++)
      for (let k = 0; k < SIZE[2]; k++) {
        const squared = (i - centre[0]) ** 2 + (j - centre[1]) ** 2 + (k - centre[2]) ** 2;
        values.push(Math.exp(-squared / 12) + 0.05 * Math.sin(i + 2 * j + 3 * k));
      }
  return tf.tensor5d(values, [1, ...SIZE, 1]);
}

function weights(state: ReadonlyMap<string, HostTensor>, names: readonly string[]): Map<string, HostTensor> {
  const filled = new Map<string, HostTensor>();
  for (const net of [0, 1]) {
    names.forEach((name, number) => {
      const { shape, data } = state.get(`${net}.${name}`)!;
      const values = Float32Array.from({ length: data.length }, (_, i) => 0.3 * Math.sin(1.7 * i + number + net));
      filled.set(`${net}.${name}`, { dtype: 'F32', shape, data: values });
    });
  }
  return filled;
}

describe.each(['paper', 'grid'] as const)('the %s configuration against PyTorch', (name) => {
  const expected = golden[name];
  let network: RegistrationNetwork;
  beforeAll(async () => {
    await tf.setBackend('wasm');
    await registerWasmKernels();
    network = new RegistrationNetwork({ ...SMALL, ...CASES[name] });
    network.load(weights(await network.state(), expected.names));
  });

  it('has the parameters of MONAI, in its order', async () => {
    expect([...(await network.state()).keys()]).toEqual(
      [0, 1].flatMap((net) => expected.names.map((n) => `${net}.${n}`)),
    );
  });

  it('gives the composed displacements', async () => {
    const { forward, backward } = network.displacement(image([5, 3, 5]), image([6, 4.5, 5.5]));
    for (const [field, wanted] of [
      [forward, expected.forward],
      [backward, expected.backward],
    ] as const) {
      const data = await field.data();
      wanted.forEach((value, i) => expect(data[i * golden.every]).toBeCloseTo(value, 5));
    }
  });

  it('gives the losses of two updates', async () => {
    const fixed = image([5, 3, 5]);
    const moving = image([6, 4.5, 5.5]);
    const flat = (losses: Awaited<ReturnType<RegistrationNetwork['losses']>>) =>
      losses.flatMap(({ total, similarity, regularity }) => [total, similarity, regularity]);
    const close = (got: number[], wanted: number[]) =>
      wanted.forEach((value, i) => expect(Math.abs(got[i] - value)).toBeLessThan(2e-4 * Math.abs(value) + 1e-6));
    const evaluated = await network.losses(fixed, moving);
    close(flat(evaluated), expected.losses[0].flat());
    for (const wanted of expected.losses) {
      close(flat(await network.trainStep(fixed, moving, { learningRate: golden.learningRate })), wanted.flat());
    }
  });
});
