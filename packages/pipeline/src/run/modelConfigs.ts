import type { DenoiserConfig } from '@paired3d/absorbing-diffusion';
import { registrationConfig, type RegistrationConfig } from '@paired3d/registration';
import { cellSize, type VqaeConfig } from '@paired3d/vqae';
import type { Size3 } from '../data/types';
import { workingGridOf } from '../data/workingGrid';
import { PipelineError } from '../errors';
import { MOTION_DIM, motionCodes } from '../motion/motionCode';
import { IMAGES_WITH_MOTION, motionLayout } from '../motion/motionGrid';
import type { RunConfig } from './config';

/**
 * The working grid that a configuration sets, before any scan is read.
 * @throws PipelineError when it depends on the scans
 */
function workingSize({ source }: RunConfig): Size3 {
  const { size } = workingGridOf(source);
  if (size) return size;
  throw new PipelineError({
    where: 'source.dataset.frame',
    expected: 'a frame, which sets the size of the grid',
    got: 'none',
    advice: 'set source.dataset.frame',
  });
}

/** Configuration of the autoencoder of a run. */
export const vqaeConfigOf = ({ vqae, spatialDims, source }: RunConfig): VqaeConfig => ({
  ...vqae.model,
  spatialDims,
  ...labelsOf(source),
});

/** `labels` of a model's configuration, where there are several. */
export function labelsOf(source: RunConfig['source']): { labels?: number } {
  const { labels } = workingGridOf(source);
  return labels > 1 ? { labels } : {};
}

/** Images of a pair's token grid: both scans coded as one, each of them, or the fixed one and its motion. */
export function tokenImages({ motion, vqae }: Pick<RunConfig, 'motion' | 'vqae'>): number {
  if (motion) return IMAGES_WITH_MOTION;
  return vqae.model.coding === 'joint' ? 1 : 2;
}

/** Configuration of the denoiser of a run: codes and grid are the autoencoder's. */
export function denoiserConfigOf(config: RunConfig): DenoiserConfig {
  const cell = cellSize(vqaeConfigOf(config));
  const cells = workingSize(config).map((n) => (n === 1 ? 1 : n / cell)) as unknown as Size3;
  return denoiserOn([tokenImages(config), ...cells], config);
}

/**
 * Configuration of the denoiser of a run on a grid of tokens [images, d, h, w]. Motion has codes of its own, behind those of
 * the autoencoder.
 */
export function denoiserOn(
  grid: readonly [number, number, number, number],
  {
    diffusion: { model },
    motion,
    vqae,
  }: Pick<RunConfig, 'diffusion' | 'motion'> & {
    readonly vqae: { readonly model: Pick<VqaeConfig, 'codes' | 'codeDim'> };
  },
): DenoiserConfig {
  const { codes, codeDim } = vqae.model;
  const [, ...cells] = grid;
  const common = motion
    ? { codes: codes + motionCodes(motion), grid, ...motionLayout(codes, cells, motion) }
    : { codes, grid };
  return model.kind === 'patch'
    ? { ...model, ...common, codeDim: motion ? codeDim + MOTION_DIM : codeDim }
    : { ...model, ...common };
}

/** Configuration of the registration network of a run. */
export function registrationConfigOf(config: RunConfig): RegistrationConfig {
  const { model, pool } = config.registration;
  const size = workingSize(config).map((n) => (n === 1 ? 1 : n / pool)) as unknown as Size3;
  return registrationConfig({ ...model, spatialDims: config.spatialDims, size, ...labelsOf(config.source) });
}
