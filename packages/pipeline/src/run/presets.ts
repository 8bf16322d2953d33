import { paperVqae } from '@paired3d/vqae';
import { paperDenoiser } from '@paired3d/absorbing-diffusion';
import { PAPER_CONFIG } from '@paired3d/registration';
import { augmentPresets } from '../data/augment';
import { lung250m, oasisSlices } from '../data/datasets';
import type { RunConfigInput } from './config';

/** The demo: phantoms on a small grid, a few minutes on two cores. */
const tiny: RunConfigInput = {
  spatialDims: 3,
  seed: 1,
  source: { kind: 'phantom', size: [32, 24, 32], spacing: 7.5, cases: { train: 12, test: 6 } },
  validation: 2,
  diceThreshold: 0.5,
  checkpointSeconds: 10,
  vqae: {
    model: {
      coding: 'joint',
      network: { kind: 'patch', encoder: [64], decoder: [48] },
      codes: 512,
      codeDim: 16,
      quantizer: { kind: 'ema', decay: 0.95, restartBelow: 0.1 },
      codebookWeight: 0.1,
      classWeights: [1, 1.5],
      diceWeight: 0.2,
    },
    steps: 320,
    batch: 2,
    learningRate: 2e-3,
    schedule: { kind: 'cosine', warmup: 20 },
    crop: 16,
    augmentation: 'full',
  },
  tokenize: { variants: 24, augmentation: 'full' },
  diffusion: {
    model: { kind: 'patch', width: 96, depth: 3, heads: 4, feedForward: 192, tokenWidth: 32 },
    steps: 220,
    batch: 2,
    learningRate: 2e-3,
    schedule: { kind: 'cosine', warmup: 20 },
    weighting: 'elbo',
    beta2: 0.98,
    weightDecay: 0.01,
  },
  synthesize: { pairs: 16, steps: 12, temperature: 1 },
  registration: {
    model: {
      channels: [8, 16, 32, 32],
      strides: [2, 2, 1],
      velocityScale: 0.35,
      smoothing: { width: 7, strides: [2, 1] },
      integrationSteps: 6,
      integrateAt: 'grid',
      similarity: 'ncc',
      regulariser: 'bending',
      regularisation: 0.005,
      steps: 2,
    },
    steps: 180,
    batch: 2,
    learningRate: 3e-3,
    schedule: { kind: 'cosine', warmup: 5 },
    pool: 1,
    augmentation: 'motion',
    baseline: true,
    tta: { iterations: 25, learningRate: 2e-3 },
  },
};

/** Real scans on two CPU cores, at a quarter of the frame's resolution (64 x 52 x 64), in about two hours. */
const small: RunConfigInput = {
  ...tiny,
  // Augmented at twice the resolution: interpolation on the working grid would blur vessels.
  source: { kind: 'folder', dataset: { ...lung250m, oversample: 2 } },
  diceThreshold: 0.25,
  checkpointSeconds: 30,
  vqae: {
    ...tiny.vqae,
    model: {
      ...tiny.vqae.model,
      // A cell is 16 mm wide, about as far as vessels move: coded jointly, 1024 codes could not tell the motions apart.
      coding: 'separate',
      network: { kind: 'patch', encoder: [64, 256], decoder: [64, 48], context: 4, template: true },
      codes: 1024,
      codeDim: 8,
      quantizer: { kind: 'ema', decay: 0.99, restartBelow: 0.1 },
      diceWeight: 3,
      // Weighted so, the plain form would drive all that lies between 0 and 1 to either.
      diceSquares: true,
    },
    optimiser: 'muon',
    steps: 8000,
    schedule: { kind: 'cosine', warmup: 30 },
    crop: 32,
  },
  // Scans sampled beside each other are not one anatomy in two states; a scan and its motion are.
  motion: {
    cells: 4,
    gain: { least: 2, most: 24, levels: 16 },
    step: 0.4,
    levels: [13, 9, 9],
    smoothing: 0,
    optimise: 'fast',
  },
  // Exchanged pairs would move the other way: motions of both signs average out where the denoiser is unsure.
  // Eight pairs move less differently than patients do, so each is moved more or less far as well.
  tokenize: { variants: 192, augmentation: { ...augmentPresets.full, swap: false, amplitude: 0.25 } },
  diffusion: {
    ...tiny.diffusion,
    model: { kind: 'patch', width: 192, depth: 4, heads: 6, feedForward: 384, tokenWidth: 64 },
    optimiser: 'muon',
    steps: 3200,
    batch: 4,
    learningRate: 5e-3,
    schedule: { kind: 'cosine', warmup: 50 },
    times: 'image',
  },
  // Sampled codes agree less with their neighbours than encoded ones, which the decoder answers with haze: hence sharpened.
  synthesize: { pairs: 40, steps: 16, temperature: 1, order: 'halton', schedule: 'cosine', sharpness: 4 },
  registration: {
    ...tiny.registration,
    model: {
      ...tiny.registration.model,
      channels: [8, 16, 32, 64, 64, 64],
      strides: [2, 2, 1, 2, 1],
      // Velocities every 8 mm, smoothed over 24 mm, as the paper's are at twice the resolution.
      smoothing: { width: 7, strides: [2, 1, 1] },
    },
    steps: 400,
    batch: 2,
    tta: { iterations: 50, learningRate: 2e-3 },
  },
  evaluation: { optimise: 'fast', refine: 'refine' },
};

/** Slices of OASIS brains with 24 labels, of neighbouring subjects, on two CPU cores. */
const oasis2d: RunConfigInput = {
  ...small,
  spatialDims: 2,
  source: { kind: 'subjects', dataset: oasisSlices },
  validation: 4,
  diceThreshold: 0.5,
  vqae: {
    ...tiny.vqae,
    model: {
      ...tiny.vqae.model,
      coding: 'separate',
      network: { kind: 'patch', encoder: [48, 96, 128], decoder: [96, 64, 48] },
      codes: 1024,
      quantizer: { kind: 'ema', decay: 0.97, restartBelow: 0.1 },
      classWeights: [1, 1],
    },
    steps: 2000,
    schedule: { kind: 'cosine', warmup: 30 },
    crop: 96,
  },
  motion: null,
  tokenize: { variants: 32, augmentation: 'full' },
  diffusion: {
    ...tiny.diffusion,
    model: { kind: 'patch', width: 192, depth: 5, heads: 6, feedForward: 384, tokenWidth: 32 },
    steps: 1000,
    schedule: { kind: 'cosine', warmup: 50 },
    times: 'pair',
  },
  synthesize: { pairs: 40, steps: 16, temperature: 1 },
  registration: {
    ...small.registration,
    model: {
      ...small.registration.model,
      channels: [16, 32, 64, 64, 64],
      strides: [2, 2, 1, 2],
      smoothing: { width: 7, strides: [2, 2, 1] },
    },
  },
  evaluation: { optimise: 'none' },
};

const { spatialDims: _dims, ...paperVqaeModel } = paperVqae;
const { codes: _codes, grid: _grid, ...paperDenoiserModel } = paperDenoiser;
const { spatialDims: _spatialDims, size: _size, ...paperRegistrationModel } = PAPER_CONFIG;
const affineOnly = { ...augmentPresets.none, affine: 0.05, translation: 0.05 };

/** The published sizes and schedules at full resolution; for machines with much memory and an accelerator. */
const paper: RunConfigInput = {
  spatialDims: 3,
  seed: 1,
  source: { kind: 'folder', dataset: { ...lung250m, pool: 1 } },
  validation: 0,
  diceThreshold: 0.5,
  checkpointSeconds: 300,
  vqae: {
    model: { ...paperVqaeModel, recompute: true } as RunConfigInput['vqae']['model'],
    steps: 42_000,
    batch: 8,
    learningRate: 5e-4,
    schedule: { kind: 'restarts', first: 7 },
    crop: 128,
    augmentation: affineOnly,
  },
  tokenize: { variants: 1, augmentation: 'none' },
  diffusion: {
    model: { ...paperDenoiserModel, recompute: true },
    steps: 15_000,
    batch: 8,
    learningRate: 1e-4,
    schedule: { kind: 'warmup', warmup: 500 },
    weighting: 'reweighted-elbo',
    beta2: 0.999,
    weightDecay: 0,
  },
  synthesize: { pairs: 256, steps: 256, temperature: 0.9 },
  registration: {
    model: paperRegistrationModel as RunConfigInput['registration']['model'],
    steps: 1250,
    batch: 8,
    learningRate: 0.015,
    schedule: { kind: 'constant' },
    pool: 2,
    augmentation: 'none',
    baseline: true,
    tta: { iterations: 50, learningRate: 0.005 },
  },
  evaluation: { optimise: 'accurate', refine: 'refine' },
};

/** Complete configurations to start from. */
export const presets = { tiny, small, paper, 'oasis-2d': oasis2d } as const satisfies Record<string, RunConfigInput>;

/** Name of a preset. */
export type PresetName = keyof typeof presets;
