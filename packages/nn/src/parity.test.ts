import { registerWasmKernels } from '@paired3d/ops/wasm';
import { expectClose, golden } from '@paired3d/oracle';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, it } from 'vitest';
import { Adam } from './adam';
import { Parameters } from './parameters';
import { Random } from './random';
import { cosine, cosineWarmRestarts, warmup } from './schedules';

const file = golden('optimiser');
const { learningRate, beta2, total, warmUp } = file.settings as Record<string, number>;
const NAMES = ['matrix', 'vector'];

const schedules: Record<string, (step: number) => number> = {
  restarts: (step) => cosineWarmRestarts(step, 2, 2),
  cosine: (step) => cosine(step, total),
  warmup: (step) => warmup(step, warmUp),
};

/** Row `step` of a golden tensor. */
function row(name: string, step: number) {
  const { data, shape } = file.tensor(name);
  const [, ...one] = shape;
  const size = one.reduce((a, b) => a * b, 1);
  return { data: (data as Float32Array).subarray(step * size, (step + 1) * size), shape: one };
}

function start(): Parameters {
  const parameters = new Parameters(new Random(0));
  for (const name of NAMES) {
    const { data, shape } = file.tensor(`start.${name}`);
    parameters.add(name, shape, () => data as Float32Array);
  }
  return parameters;
}

describe.each(['cpu', 'wasm'])('against PyTorch on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    if (backend === 'wasm') await registerWasmKernels();
  });

  describe.each(Object.keys(schedules))('the schedule %s', (schedule) => {
    it.each([0, 0.1])('and Adam with a weight decay of %s take the same steps', async (weightDecay) => {
      const parameters = start();
      const adam = new Adam(parameters, { learningRate, beta2, weightDecay });
      const of = (what: string) => `${schedule}.${weightDecay}.${what}`;
      const rates = file.tensor(of('rates')).data;
      for (let step = 0; step < rates.length; step++) {
        const rate = learningRate * schedules[schedule](step);
        expectClose([rate], [rates[step]], { scale: learningRate, tolerance: 1e-6, what: `the rate of step ${step}` });
        const gradients = new Map(
          NAMES.map((name) => {
            const { data, shape } = row(`gradient.${name}`, step);
            return [name, tf.tensor(data, shape)];
          }),
        );
        adam.apply(gradients, rate);
        for (const [name, variable] of parameters.entries) {
          const what = `${name} after step ${step}`;
          expectClose(await variable.data(), row(of(name), step).data, { tolerance: 1e-6, what });
        }
      }
      const state = await adam.state();
      for (const name of NAMES.flatMap((one) => [`${one}.exp_avg`, `${one}.exp_avg_sq`])) {
        expectClose(state.get(name)!.data as Float32Array, file.tensor(of(name)).data, { tolerance: 1e-5, what: name });
      }
      adam.dispose();
    });
  });
});
