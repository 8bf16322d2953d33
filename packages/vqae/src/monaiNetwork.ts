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

/**
 * MONAI's `AutoEncoder(kernel_size=3, num_res_units=0)`: convolution -> instance norm -> PReLU at every layer, the
 * decoder mirrors the encoder in transposed convolutions (of stride 1 too), its last layer is the convolution alone.
 * Weights are named as MONAI names them (`encode.encode_0.conv.weight`, `decode.decode_0.conv.adn.A.weight`, …).
 */
export function monaiNetwork(
  parameters: Parameters,
  { channels, strides }: MonaiNetworkConfig,
  sizes: { inputs: number; outputs: number; spatialDims: 2 | 3; recompute?: boolean },
): Autoencoder {
  const { inputs, outputs, spatialDims } = sizes;
  const block: typeof recompute = sizes.recompute ? recompute : (layer) => layer;
  const last = channels.length - 1;
  const encode = channels.map((out, i): Layer<Tensor5D> => {
    const scope = parameters.scope('encode').scope(`encode_${i}`);
    const conv = conv3dLayer(scope.scope('conv'), {
      in: i === 0 ? inputs : channels[i - 1],
      out,
      strides: strides[i],
      spatialDims,
    });
    return block(sequential(conv, instanceNormPreluLayer(scope.scope('adn'))), scope, { constantInput: i === 0 });
  });
  // MONAI: decode_channel_list = channels[-2::-1] + [out_channels], strides in reverse.
  const decodeChannels = [...channels.slice(0, -1).reverse(), outputs];
  const decode = decodeChannels.map((out, i): Layer<Tensor5D> => {
    // MONAI's decoder layers are sequences whose one block is called `conv`, like the convolution in it.
    const scope = parameters.scope('decode').scope(`decode_${i}`).scope('conv');
    const conv = conv3dTransposeLayer(scope.scope('conv'), {
      in: i === 0 ? channels[last] : decodeChannels[i - 1],
      out,
      strides: strides[last - i],
      spatialDims,
    });
    return i === last ? conv : block(sequential(conv, instanceNormPreluLayer(scope.scope('adn'))), scope);
  });
  return { encode: sequential(...encode), decode: sequential(...decode) };
}
