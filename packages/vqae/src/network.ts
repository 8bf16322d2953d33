import type { Parameters } from '@paired3d/nn';
import type { Autoencoder } from './autoencoder';
import type { VqaeConfig } from './config';
import { monaiNetwork } from './monaiNetwork';
import { patchNetwork } from './patchNetwork';

/** The network that the configuration names, with its weights in `parameters`. */
export function autoencoder(parameters: Parameters, config: VqaeConfig): Autoencoder {
  const { spatialDims, recompute } = config;
  const sizes = { ...imageChannels(config.coding), spatialDims, recompute };
  return config.network.kind === 'monai'
    ? monaiNetwork(parameters, config.network, sizes)
    : patchNetwork(parameters, config.network, {
        ...sizes,
        codeDim: config.codeDim,
        latents: config.quantizer.kind === 'fsq' ? 'bounded' : 'unit',
      });
}

/** Channels of the encoder's input, an image each, and of the decoder's output, background and foreground of each. */
export function imageChannels(coding: VqaeConfig['coding']): { inputs: number; outputs: number } {
  const images = coding === 'joint' ? 2 : 1;
  return { inputs: images, outputs: 2 * images };
}
