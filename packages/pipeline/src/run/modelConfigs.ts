import type { DenoiserConfig } from '@paired3d/absorbing-diffusion';
import { registrationConfig, type RegistrationConfig } from '@paired3d/registration';
import { cellSize, type VqaeConfig } from '@paired3d/vqae';
import type { Size3 } from '../data/types';
import { workingGridOf } from '../data/workingGrid';
import { PipelineError } from '../errors';
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

/** Configuration of the denoiser of a run: codes and grid are the autoencoder's. */
export function denoiserConfigOf(config: RunConfig): DenoiserConfig {
  const { codes, codeDim, coding } = config.vqae.model;
  const cell = cellSize(vqaeConfigOf(config));
  const cells = workingSize(config).map((n) => (n === 1 ? 1 : n / cell)) as unknown as Size3;
  const grid = [coding === 'joint' ? 1 : 2, ...cells] as const;
  const { model } = config.diffusion;
  return model.kind === 'patch' ? { ...model, codes, codeDim, grid } : { ...model, codes, grid };
}

/** Configuration of the registration network of a run. */
export function registrationConfigOf(config: RunConfig): RegistrationConfig {
  const { model, pool } = config.registration;
  const size = workingSize(config).map((n) => (n === 1 ? 1 : n / pool)) as unknown as Size3;
  return registrationConfig({ ...model, spatialDims: config.spatialDims, size, ...labelsOf(config.source) });
}
