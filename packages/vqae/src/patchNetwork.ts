import { conv3dLayer, conv3dTransposeLayer, recompute, sequential, type Layer, type Parameters } from '@paired3d/nn';
import { layerNorm, prelu } from '@paired3d/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { PatchNetworkConfig } from './config';
import type { Autoencoder } from './autoencoder';

type Volume = Layer<tf.Tensor5D>;

/**
 * The light network of `PatchNetworkConfig`: without context the encoder's convolutions are as large as their stride, so that
 * cells do not overlap; the decoder may look around (3^3 residual blocks), since neighbouring tokens are known when it runs.
 */
export function patchNetwork(
  parameters: Parameters,
  config: PatchNetworkConfig,
  sizes: {
    inputs: number;
    outputs: number;
    spatialDims: 2 | 3;
    codeDim: number;
    latents: 'unit' | 'bounded';
    recompute?: boolean;
  },
): Autoencoder {
  const { inputs, outputs, spatialDims, codeDim } = sizes;
  const block: typeof recompute = sizes.recompute ? recompute : (layer) => layer;
  const encoder = parameters.scope('encode');
  const encode: Volume[] = [];
  config.encoder.forEach((width, i) => {
    const before = i === 0 ? inputs : config.encoder[i - 1];
    // Where channels are few, a larger kernel costs little.
    const context = i === 0 ? (config.context ?? 0) : 0;
    const scope = encoder.scope(i);
    const layers = sequential(
      conv3dLayer(scope.scope('down'), {
        in: before,
        out: width,
        kernel: 2 + 2 * context,
        strides: 2,
        padding: context,
        spatialDims,
      }),
      preluLayer(scope.scope('down_act')),
      conv3dLayer(scope.scope('mix'), { in: width, out: width, kernel: 1, spatialDims }),
      preluLayer(scope.scope('mix_act')),
    );
    encode.push(block(layers, scope, { constantInput: i === 0 }));
  });
  const width = config.encoder.at(-1)!;
  const latent = conv3dLayer(encoder.scope('latent'), { in: width, out: codeDim, kernel: 1, spatialDims });
  encode.push(...(sizes.latents === 'unit' ? [latent, unit(codeDim)] : [unit(width), latent, bounded]));

  const decoder = parameters.scope('decode');
  const decode: Volume[] = [
    conv3dLayer(decoder.scope('latent'), { in: codeDim, out: config.decoder[0], spatialDims }),
    block(residualBlock(decoder.scope('coarse'), config.decoder[0], spatialDims), decoder.scope('coarse')),
  ];
  config.decoder.forEach((width, i) => {
    const scope = decoder.scope(i);
    const last = i === config.decoder.length - 1;
    const after = last ? outputs : config.decoder[i + 1];
    const layers = sequential(
      residualBlock(scope.scope('residual'), width, spatialDims),
      preluLayer(scope.scope('act')),
      conv3dTransposeLayer(scope.scope('up'), {
        in: width,
        out: after,
        kernel: 2,
        strides: 2,
        padding: 0,
        spatialDims,
      }),
    );
    decode.push(block(layers, scope));
  });
  const refine = sequential(...decode);
  const ends = ['encode.0.down', 'encode.latent', `decode.${config.decoder.length - 1}.up`, 'decode.template'];
  if (!config.template) return { encode: sequential(...encode), decode: refine, ends };
  const cell = 2 ** config.encoder.length;
  const template = conv3dTransposeLayer(decoder.scope('template'), {
    in: codeDim,
    out: outputs,
    kernel: cell,
    strides: cell,
    padding: 0,
    bias: false,
    spatialDims,
  });
  const decodeBoth: Volume = (latents) => tf.add(template(latents), refine(latents)) as tf.Tensor5D;
  return { encode: sequential(...encode), decode: decodeBoth, ends };
}

/**
 * Vectors of mean 0 and mean square 1 each: without it the scale of latents drifts under the codebook, which then
 * collapses.
 */
function unit(width: number): Volume {
  return (x) => layerNorm(x, tf.ones([width]), tf.zeros([width])) as tf.Tensor5D;
}

/** Into (-1, 1): what is normally distributed becomes nearly uniform, so that all levels are used alike. */
const bounded: Volume = (x) => tf.tanh(tf.mul(0.8, x)) as tf.Tensor5D;

function preluLayer(parameters: Parameters): Volume {
  const alpha = parameters.add('weight', [1], 0.25) as tf.Variable<tf.Rank.R1>;
  return (x) => prelu(x, alpha) as tf.Tensor5D;
}

/** x + conv(act(conv(act(x)))), pre-activation as in He et al. (2016b). */
function residualBlock(parameters: Parameters, width: number, spatialDims: 2 | 3): Volume {
  const branch = sequential(
    preluLayer(parameters.scope('act1')),
    conv3dLayer(parameters.scope('conv1'), { in: width, out: width, spatialDims }),
    preluLayer(parameters.scope('act2')),
    conv3dLayer(parameters.scope('conv2'), { in: width, out: width, spatialDims }),
  );
  return (x) => tf.add(x, branch(x)) as tf.Tensor5D;
}
