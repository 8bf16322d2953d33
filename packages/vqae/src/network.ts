import type { Parameters } from '@paired3d/nn';
import type { Autoencoder } from './autoencoder';
import type { VqaeConfig } from './config';
import { monaiNetwork } from './monaiNetwork';
import { patchNetwork } from './patchNetwork';

/** The network that the configuration names, with its weights in `parameters`. */
export function autoencoder(parameters: Parameters, config: VqaeConfig): Autoencoder {
  const { spatialDims, recompute } = config;
  const sizes = { ...imageChannels(config), spatialDims, recompute };
  return config.network.kind === 'monai'
    ? monaiNetwork(parameters, config.network, sizes)
    : patchNetwork(parameters, config.network, {
        ...sizes,
        codeDim: config.codeDim,
        latents: config.quantizer.kind === 'fsq' ? 'bounded' : 'unit',
      });
}

/** Channels of the encoder's input, the labels of each image, and of the decoder's output, background and labels of each. */
export function imageChannels({ coding, labels = 1 }: Pick<VqaeConfig, 'coding' | 'labels'>): {
  inputs: number;
  outputs: number;
} {
  const images = coding === 'joint' ? 2 : 1;
  return { inputs: images * labels, outputs: images * (labels + 1) };
}
