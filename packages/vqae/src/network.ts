import type { Layer, Parameters } from '@paired3d/nn';
import type { Tensor5D } from '@tensorflow/tfjs-core';
import type { VqaeConfig } from './config';
import { monaiNetwork } from './monaiNetwork';
import { patchNetwork } from './patchNetwork';

/** Images [B, D, H, W, inputs] <-> latents [B, d, h, w, codeDim]; the decoder ends in logits [B, D, H, W, outputs]. */
export interface Autoencoder {
  readonly encode: Layer<Tensor5D>;
  readonly decode: Layer<Tensor5D>;
}

/** The network that the configuration names, with its weights in `parameters`. */
export function autoencoder(parameters: Parameters, config: VqaeConfig): Autoencoder {
  const images = config.coding === 'joint' ? 2 : 1;
  const sizes = { inputs: images, outputs: 2 * images, spatialDims: config.spatialDims };
  return config.network.kind === 'monai'
    ? monaiNetwork(parameters, config.network, sizes)
    : patchNetwork(parameters, config.network, { ...sizes, codeDim: config.codeDim });
}
