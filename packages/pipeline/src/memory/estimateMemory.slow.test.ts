import {
  Denoiser,
  DiffusionTraining,
  type DenoiserConfig,
  type DiffusionTrainingOptions,
} from '@paired3d/absorbing-diffusion';
import { Random, disposeSample, type SampleGradients } from '@paired3d/nn';
import { RegistrationNetwork } from '@paired3d/registration';
import { VqAutoencoder, VqaeTraining } from '@paired3d/vqae';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { denoiserOn, tokenImages } from '../run/modelConfigs';
import { parseRunConfig } from '../run/parse';
import { presets } from '../run/presets';
import { meterHeap, useWasm } from '../testing';
import { denoiserFloats } from './denoiser';
import type { Floats } from './floats';
import { registrationFloats } from './registration';
import { vqaeFloats } from './vqae';

/** The shares of an estimate that may be missing and too much. */
const [MISSING, TOO_MUCH] = [0.1, 0.35];

let peakOf: ReturnType<typeof meterHeap>;

beforeAll(async () => {
  await useWasm();
  peakOf = meterHeap();
});

/** What a sample's gradients take: beside the weights, which were there, a gradient of each of them. */
async function expectTraining({ weights, training }: Floats, gradients: () => SampleGradients): Promise<void> {
  const measured = await peakOf(() => disposeSample(gradients()));
  const estimated = 4 * (weights + training);
  console.log(`estimated ${(estimated / 1e6).toFixed(0)} MB, measured ${(measured / 1e6).toFixed(0)} MB`);
  expect(estimated / measured - 1).toBeGreaterThan(-MISSING);
  expect(estimated / measured - 1).toBeLessThan(TOO_MUCH);
}

async function expectDenoiser(config: DenoiserConfig, options: Omit<DiffusionTrainingOptions, 'seed'>): Promise<void> {
  const denoiser = new Denoiser(config, 1);
  const training = new DiffusionTraining(denoiser, { ...options, seed: 1 });
  const perImage = denoiser.tokens / config.grid[0];
  const item = Int32Array.from({ length: denoiser.tokens }, (_, i) => {
    const [from, end] = config.ranges?.[Math.floor(i / perImage)] ?? [0, config.codes];
    return from + (i % (end - from));
  });
  // Step 1 masks nearly all tokens.
  await expectTraining(denoiserFloats(config), () => training.gradients(item, { step: 1, index: 0 }));
  training.dispose();
  denoiser.dispose();
}

// Of paper, crops and depths that take seconds; `PAIRED3D_WHOLE=1` measures it as it is, in minutes.
const whole = process.env.PAIRED3D_WHOLE !== undefined;
const cases = (['small', 'paper'] as const).flatMap((preset) =>
  (preset === 'paper' && whole ? [true] : [false, true]).map((recompute) => ({ preset, recompute })),
);

it.each(cases)('autoencoder of $preset, recompute $recompute', async ({ preset, recompute }) => {
  const { model: options, crop } = parseRunConfig(presets[preset]).vqae;
  const edge = preset === 'paper' && !whole ? 64 : crop!;
  const config = { spatialDims: 3, ...options, recompute } as const;
  const model = new VqAutoencoder(config, 1);
  const training = new VqaeTraining(model, { learningRate: 1e-3, seed: 1 });
  const pair = tf.randomUniform([1, edge, edge, edge, 2]) as tf.Tensor5D;
  await expectTraining(vqaeFloats(config, [edge, edge, edge]), () => training.gradients(pair));
  pair.dispose();
  training.dispose();
  model.dispose();
});

const denoisers = [
  ...cases.map((one) => ({ ...one, scans: false })),
  { preset: 'small', recompute: false, scans: true },
] as const;

it.each(denoisers)('denoiser of $preset, recompute $recompute, two scans $scans', async (one) => {
  const { preset, recompute, scans } = one;
  const { tokenize } = presets[preset];
  const two = { motion: null, tokenize: { ...tokenize, augmentation: 'full' } } as const;
  const config = parseRunConfig({ ...presets[preset], ...(scans && two) });
  const { diffusion } = config;
  const depth = preset === 'paper' && !whole ? 3 : diffusion.model.depth;
  const model = { ...diffusion.model, depth, recompute };
  const grid = [tokenImages(config), 16, 13, 16] as const;
  await expectDenoiser(denoiserOn(grid, { ...config, diffusion: { ...diffusion, model } }), diffusion);
});

it.each(['small', 'paper'] as const)('registration of %s', async (preset) => {
  const { model } = parseRunConfig(presets[preset]).registration;
  const size = preset === 'paper' ? ([128, 104, 128] as const) : ([64, 52, 64] as const);
  const network = new RegistrationNetwork({ ...model, spatialDims: 3, size }, new Random(1));
  const [fixed, moving] = [0, 1].map(() => tf.randomUniform([1, ...size, 1]) as tf.Tensor5D);
  await expectTraining(registrationFloats(network.config), () => network.gradients(fixed, moving));
  network.dispose();
  tf.dispose([fixed, moving]);
});
