import type { Parameters } from '@paired3d/nn';
import type { Autoencoder } from './autoencoder';
import type { VqaeConfig } from './config';
import { monaiNetwork } from './monaiNetwork';
import { patchNetwork } from './patchNetwork';

/** The network that the configuration names, with its weights in `parameters`. */
export function autoencoder(parameters: Parameters, config: VqaeConfig): Autoencoder {
  const images = config.coding === 'joint' ? 2 : 1;
  const { spatialDims, recompute } = config;
  const sizes = { inputs: images, outputs: 2 * images, spatialDims, recompute };
  return config.network.kind === 'monai'
    ? monaiNetwork(parameters, config.network, sizes)
    : patchNetwork(parameters, config.network, { ...sizes, codeDim: config.codeDim });
}
