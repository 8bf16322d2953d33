import {
  conv3dLayer,
  conv3dTransposeLayer,
  instanceNormPreluLayer,
  recompute,
  sequential,
  type Layer,
  type Parameters,
} from '@paired3d/nn';
import type { Tensor5D } from '@tensorflow/tfjs-core';
import type { MonaiNetworkConfig } from './config';
import type { Autoencoder } from './autoencoder';

/** A layer of MONAI's network: a convolution of kernel 3, followed by instance norm and PReLU if `normalised`. */
export interface MonaiLayer {
  /** path of its weights: `conv.weight`, `conv.bias` and `adn.A.weight` below it */
  readonly path: readonly string[];
  readonly in: number;
  readonly out: number;
  readonly strides: 1 | 2;
  readonly transposed: boolean;
  readonly normalised: boolean;
}

/** The layers of encoder and decoder, in order. */
export function monaiLayers(
  { channels, strides }: MonaiNetworkConfig,
  { inputs, outputs }: { inputs: number; outputs: number },
): { encode: MonaiLayer[]; decode: MonaiLayer[] } {
  const last = channels.length - 1;
  const encode = channels.map((out, i) => ({
    path: ['encode', `encode_${i}`],
    in: i === 0 ? inputs : channels[i - 1],
    out,
    strides: strides[i],
    transposed: false,
    normalised: true,
  }));
  // MONAI: decode_channel_list = channels[-2::-1] + [out_channels], strides in reverse.
  const decodeChannels = [...channels.slice(0, -1).reverse(), outputs];
  const decode = decodeChannels.map((out, i) => ({
    // MONAI's decoder layers are sequences whose one block is called `conv`, like the convolution in it.
    path: ['decode', `decode_${i}`, 'conv'],
    in: i === 0 ? channels[last] : decodeChannels[i - 1],
    out,
    strides: strides[last - i],
    transposed: true,
    normalised: i < last,
  }));
  return { encode, decode };
}

/**
 * MONAI's `AutoEncoder(kernel_size=3, num_res_units=0)`: convolution -> instance norm -> PReLU at every layer, the
 * decoder mirrors the encoder in transposed convolutions (of stride 1 too), its last layer is the convolution alone.
 * Weights are named as MONAI names them (`encode.encode_0.conv.weight`, `decode.decode_0.conv.adn.A.weight`, …).
 */
export function monaiNetwork(
  parameters: Parameters,
  config: MonaiNetworkConfig,
  sizes: { inputs: number; outputs: number; spatialDims: 2 | 3; recompute?: boolean },
): Autoencoder {
  const block: typeof recompute = sizes.recompute ? recompute : (layer) => layer;
  const build = (layer: MonaiLayer, i: number): Layer<Tensor5D> => {
    const scope = layer.path.reduce((parent, name) => parent.scope(name), parameters);
    const convolution = layer.transposed ? conv3dTransposeLayer : conv3dLayer;
    const conv = convolution(scope.scope('conv'), {
      in: layer.in,
      out: layer.out,
      strides: layer.strides,
      spatialDims: sizes.spatialDims,
    });
    if (!layer.normalised) return conv;
    const constantInput = i === 0 && !layer.transposed;
    return block(sequential(conv, instanceNormPreluLayer(scope.scope('adn'))), scope, { constantInput });
  };
  const { encode, decode } = monaiLayers(config, sizes);
  const ends = [encode[0], encode.at(-1)!, decode.at(-1)!].map(({ path }) => [...path, 'conv'].join('.'));
  return { encode: sequential(...encode.map(build)), decode: sequential(...decode.map(build)), ends };
}
