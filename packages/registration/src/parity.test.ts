import { computeGradients, loadStateDict, Parameters, Random, stateDict, type HostTensor } from '@paired3d/nn';
import { composeFields, exponentialField } from '@paired3d/ops';
import { registerWasmKernels } from '@paired3d/ops/wasm';
import { expectClose, expectGradients, golden, names } from '@paired3d/oracle';
import '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { registrationConfig, type RegistrationConfig, type Size3 } from './config';
import { RegistrationNetwork } from './network';
import { pairOf, SymmetricStep } from './symmetricStep';
import { unet } from './unet';

const file = golden('registration');
const { every, learningRate } = file.settings as { every: number; learningRate: number };
const sizes = file.settings as { size: Size3; channels: number[]; strides: number[] };

/** The two configurations of tools/oracle/registration.py. */
const CASES = {
  paper: { smoothing: { width: 3, strides: [2, 2, 1, 1] }, integrationSteps: 7 },
  grid: {
    integrateAt: 'grid',
    similarity: 'ncc',
    regulariser: 'bending',
    regularisation: 0.02,
    smoothing: { width: 3, strides: [2, 1] },
    integrationSteps: 6,
  },
} satisfies Record<string, Partial<RegistrationConfig>>;

const configOf = (name: keyof typeof CASES): RegistrationConfig => {
  const { size, channels, strides } = sizes;
  return registrationConfig({ size, channels, strides, ...CASES[name] });
};

const weights = () => file.below('weight') as Map<string, HostTensor>;

function images(): [tf.Tensor5D, tf.Tensor5D] {
  const { data, shape } = file.tensor('images');
  return tf.split(tf.tensor5d(data as Float32Array, shape as never), 2) as [tf.Tensor5D, tf.Tensor5D];
}

const picked = (values: ArrayLike<number>) => Array.from(values).filter((_, i) => i % every === 0);

/** Gradients under PyTorch's names, in its layout. */
async function inPytorchLayout(parameters: Parameters, gradients: ReadonlyMap<string, tf.Tensor>) {
  for (const [name, variable] of parameters.entries) variable.assign(gradients.get(name)!);
  return stateDict(parameters);
}

describe('the paper’s sizes', () => {
  it('have MONAI’s names, shapes and count', async () => {
    await tf.setBackend('cpu');
    const network = new RegistrationNetwork();
    const state = await network.state();
    const wanted = Object.entries(names().unet);
    expect([...state].map(([name, { shape }]) => [name, shape])).toEqual(
      [0, 1].flatMap((net) => wanted.map(([name, shape]) => [`${net}.${name}`, shape])),
    );
    expect(network.parameters.scope(0).count).toBe(662_205);
    network.dispose();
  });
});

describe.each(['cpu', 'wasm'])('against PyTorch on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    if (backend === 'wasm') await registerWasmKernels();
  });

  it('the UNet gives the same', async () => {
    const { channels, strides } = sizes;
    const parameters = new Parameters(new Random(0));
    const net = unet(parameters.scope(0), { spatialDims: 3, in: 2, out: 3, channels, strides });
    const state = [...weights()].filter(([name]) => name.startsWith('0.'));
    loadStateDict(parameters, new Map(state));
    const output = net(tf.concat(images(), 4));
    expectClose(picked(await output.data()), file.tensor('unet').data, { what: 'the UNet' });
    parameters.dispose();
  });

  it('scaling and squaring and composition are the same, with their gradients', async () => {
    const fields = golden('fields');
    const tensor = (name: string) => {
      const { data, shape } = fields.tensor(name);
      return tf.tensor5d(data as Float32Array, shape as never);
    };
    const check = async (got: tf.Tensor, name: string, tolerance?: number) =>
      expectClose(await got.data(), fields.tensor(name).data, { tolerance, what: name });
    const [a, b, target] = ['a', 'b', 'target'].map(tensor);
    const squared = (v: tf.Tensor5D) => exponentialField(v, fields.settings.steps as number);
    await check(squared(a), 'squared');
    await check(tf.grad((v) => tf.sum(tf.mul(squared(v as tf.Tensor5D), target)))(a), 'squared.gradient', 1e-3);
    await check(composeFields(a, b), 'composed');
    const both = tf.grads((x, y) => tf.sum(tf.mul(composeFields(x as tf.Tensor5D, y as tf.Tensor5D), target)))([a, b]);
    await check(both[0], 'composed.gradient.a', 1e-3);
    await check(both[1], 'composed.gradient.b', 1e-3);
  });

  describe.each(['paper', 'grid'] as const)('the configuration %s', (name) => {
    it('registers the same', async () => {
      const network = new RegistrationNetwork(configOf(name));
      network.load(weights());
      const { forward, backward } = network.displacement(...images());
      expectClose(picked(await forward.data()), file.tensor(`${name}.forward`).data, { what: 'forward' });
      expectClose(picked(await backward.data()), file.tensor(`${name}.backward`).data, { what: 'backward' });
      network.dispose();
    });

    it('has the gradient of every weight of both networks', async () => {
      const config = configOf(name);
      const step = new SymmetricStep(config);
      const network = new RegistrationNetwork(config);
      network.load(weights());
      const forwards = [0, 1].map((net) => {
        // A UNet on the network's own weights.
        const parameters = new Parameters(new Random(0));
        const forward = unet(parameters.scope(net), { ...config, in: 2, out: 3 });
        for (const [key, variable] of parameters.entries) variable.assign(network.parameters.entries.get(key)!);
        return { parameters, forward };
      });
      let pair = pairOf(...images());
      for (const [net, { parameters, forward }] of forwards.entries()) {
        let velocity!: tf.Tensor5D;
        const { gradients } = computeGradients(parameters, () => {
          const loss = step.loss(forward, pair);
          velocity = tf.keep(loss.velocity);
          return loss.total;
        });
        ({ pair } = step.halfWay(pair, velocity));
        const got = await inPytorchLayout(parameters, gradients);
        const prefix = new RegExp(`^${net}\\.`);
        const bare = new Map([...got].map(([key, value]) => [key.replace(prefix, ''), value]));
        expectGradients(bare, file.below(`${name}.gradient.${net}`));
      }
      step.dispose();
      network.dispose();
    });

    // The cpu backend would take a minute.
    it.runIf(backend === 'wasm')('has the losses of several updates', async () => {
      const network = new RegistrationNetwork(configOf(name));
      network.load(weights());
      const { data, shape } = file.tensor(`${name}.losses`);
      const losses: number[] = [];
      for (let update = 0; update < shape[0]; update++) {
        const each = await network.trainStep(...images(), { learningRate });
        losses.push(...each.flatMap(({ total, similarity, regularity }) => [total, similarity, regularity]));
      }
      losses.forEach((loss, i) =>
        expectClose([loss], [data[i]], {
          tolerance: i < 6 ? 1e-4 : 1e-3,
          scale: Math.abs(data[i]) + 1e-4,
          what: `loss ${i}`,
        }),
      );
      network.dispose();
    });
  });
});
