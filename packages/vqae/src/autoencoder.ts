import type { Layer } from '@paired3d/nn';
import type { Tensor5D } from '@tensorflow/tfjs-core';

/** Images [B, D, H, W, inputs] <-> latents [B, d, h, w, codeDim]; the decoder ends in logits [B, D, H, W, outputs]. */
export interface Autoencoder {
  readonly encode: Layer<Tensor5D>;
  readonly decode: Layer<Tensor5D>;
  /** scopes of the layers that see images, or give latents or logits: all other matrices map features to features */
  readonly ends: readonly string[];
}
