import { registrationConfig } from '@paired3d/registration';
import { cellSize } from '@paired3d/vqae';
import type { Size3 } from '../data/types';
import { workingGridOf } from '../data/workingGrid';
import type { RunConfig } from '../run/config';
import { denoiserOn, labelsOf, tokenImages, vqaeConfigOf } from '../run/modelConfigs';
import type { StageName } from '../run/run';
import { pooledSize } from '../stages/pairs';
import { augmentationFloats } from './augmentation';
import { denoiserFloats } from './denoiser';
import { product } from './floats';
import { registrationFloats } from './registration';
import { vqaeFloats } from './vqae';

/** What a stage needs. */
export interface StageMemory {
  readonly stage: StageName;
  /** bytes of tensors that a worker holds at its peak; each worker has a heap of its own */
  readonly bytes: number;
  /** bytes beside them: activations of full frames, which go through the autoencoder slab by slab */
  readonly host: number;
}

/** Weights, two moments, the sum of the gradients and a sample's; in use, the weights alone. */
const TRAINED = 5;
/** Instance optimisation of a pair: images both ways, fields of three channels both ways, and what gradients keep of them. */
const OPTIMISATION = 40;
/** Blocks do not fill the heap without gaps, and it grows in steps. */
const GAPS = 1.08;
/** The smallest heap there is. */
const SMALLEST = 2 ** 24;

/**
 * Estimates what each stage of a run needs on the wasm backend, from the shapes of the models' layers: within -10 % and
 * +35 % of what is measured (`npm run test:slow`). Micro-batches have one sample, so batch sizes do not count.
 * @returns nothing for scans that keep their own boxes (`frame: null`): their size is not in the configuration
 */
export function estimateMemory(config: RunConfig): StageMemory[] {
  const { size, labels, fine } = workingGridOf(config.source);
  if (!size) return [];
  const { motion, spatialDims, vqae, diffusion, registration } = config;
  const autoencoder = vqaeConfigOf(config);
  const crop = size.map((n) => (n === 1 ? 1 : Math.min(vqae.crop ?? n, n))) as unknown as Size3;
  const cropped = vqaeFloats(autoencoder, crop);
  const whole = vqaeFloats(autoencoder, size);
  const cell = cellSize(autoencoder);
  const [d, h, w] = size.map((n) => Math.max(1, Math.floor(n / cell)));
  const denoiser = denoiserFloats(denoiserOn([tokenImages(config), d, h, w], config));
  const network = registrationFloats(
    registrationConfig({
      ...registration.model,
      ...labelsOf(config.source),
      spatialDims,
      size: pooledSize(size, registration.pool),
    }),
  );
  const augmentation = augmentationFloats(size, labels, fine);
  const given = config.synthesize.given.fixed + config.synthesize.given.moving > 0;
  const tokens = whole.weights + Math.max(whole.inference, augmentation);
  const trained = TRAINED * network.weights + Math.max(network.training, augmentation);
  const floats: Record<StageName, number> = {
    vqae: TRAINED * cropped.weights + Math.max(cropped.training, whole.inference, augmentation),
    motion: OPTIMISATION * product(size),
    tokens,
    diffusion: TRAINED * denoiser.weights + denoiser.training + (diffusion.fresh ? tokens : 0),
    synthetic:
      whole.weights + denoiser.weights + Math.max(denoiser.inference, whole.inference, given ? augmentation : 0),
    registration: trained,
    'registration-real': trained,
    evaluation:
      (1 + TRAINED) * network.weights +
      Math.max(network.inference, registration.tta.iterations > 0 ? network.training : 0),
  };
  const stages = (Object.entries(floats) as [StageName, number][]).filter(([stage]) => stage !== 'motion' || motion);
  const inSlabs: readonly StageName[] = ['vqae', 'tokens', 'synthetic'];
  return stages.map(([stage, count]) => ({
    stage,
    bytes: Math.max(SMALLEST, Math.ceil(GAPS * 4 * count)),
    host: inSlabs.includes(stage) ? 4 * (whole.host ?? 0) : 0,
  }));
}
