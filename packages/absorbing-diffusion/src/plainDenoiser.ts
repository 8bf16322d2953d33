import { embeddingLayer, layerNormLayer, normal, type Parameters } from '@paired3d/nn';
import { matMul } from '@paired3d/ops';
import * as tf from '@tensorflow/tfjs-core';
import { tokenCount, type PlainDenoiserConfig } from './config';
import { ofRange, type Network } from './network';
import { transformer } from './transformer';

/** The paper's denoiser (section 2.2): embedding + position, post-norm blocks, layer norm, head without bias. */
export function plainDenoiser(parameters: Parameters, config: PlainDenoiserConfig): Network {
  const { codes, width } = config;
  const standardDeviation = 0.02;
  const tokens = embeddingLayer(parameters.scope('token_embedding'), { rows: codes + 1, width, standardDeviation });
  const positions = parameters
    .scope('position_embedding')
    .add('weight', [tokenCount(config), width], normal(standardDeviation));
  const mix = transformer(parameters.scope('transformer'), { ...config, norm: 'post' });
  const norm = layerNormLayer(parameters.scope('layer_norm'), { width });
  const head = parameters.scope('head').add('weight', [codes, width], normal(standardDeviation));
  const embed = (ids: tf.Tensor2D) =>
    tf.add(tokens(ids), tf.reshape(positions, [1, ...positions.shape])) as tf.Tensor3D;
  return {
    hiddenScopes: ['transformer'],
    hidden: (ids, next) => mix(embed(ids), next),
    // The last block need not be computed for the others.
    hiddenAt: (ids, rows) => mix.at(embed(ids), rows),
    head: (rows, range) => matMul(norm(rows), ofRange(head, range), { transposeB: true }) as tf.Tensor2D,
  };
}
