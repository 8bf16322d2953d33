import {
  conv3dLayer,
  conv3dTransposeLayer,
  embeddingLayer,
  layerNormLayer,
  linearLayer,
  normal,
  type Layer,
  type Parameters,
} from '@paired3d/nn';
import { addBias, embedding, gelu, matMul } from '@paired3d/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { PatchDenoiserConfig } from './config';
import type { Network } from './network';
import { rowsOf, transformer } from './transformer';

/**
 * The light denoiser of `PatchDenoiserConfig`. `codes.weight` [codes, codeDim] holds the code vectors of the
 * autoencoder; they are constant (set by `Denoiser.setCodeVectors`) and serve at both ends.
 */
export function patchDenoiser(parameters: Parameters, codeVectors: tf.Tensor2D, config: PatchDenoiserConfig): Network {
  const { codes, codeDim, grid, width, tokenWidth } = config;
  const [images, ...cells] = grid;
  const channels = images * tokenWidth;
  // Axes of one slice (2D) are not merged; odd ones are padded by a slice of zeros.
  const merge = cells.map((n) => (n === 1 ? 1 : 2));
  const padded = cells.map((n, a) => Math.ceil(n / merge[a]) * merge[a]);
  const positions = padded.reduce((product, n, a) => (product * n) / merge[a], 1);

  const free = embeddingLayer(parameters.scope('token'), {
    rows: codes + 1,
    width: tokenWidth,
    standardDeviation: 0.3,
  });
  const enter = linearLayer(parameters.scope('enter'), { in: codeDim, out: tokenWidth, bias: false });
  const before = convBlock(parameters.scope('before'), channels, merge[0] === 1);
  const conv = { kernel: 2, strides: 2, padding: 0, spatialDims: merge[0] === 1 ? 2 : 3 } as const;
  const down = conv3dLayer(parameters.scope('down'), { in: channels, out: width, ...conv });
  const position = parameters.scope('position').add('weight', [positions, width], normal(0.02));
  const mix = transformer(parameters.scope('transformer'), { ...config, norm: 'pre' });
  const norm = layerNormLayer(parameters.scope('norm'), { width });
  const up = conv3dTransposeLayer(parameters.scope('up'), { in: width, out: channels, ...conv });
  const after = convBlock(parameters.scope('after'), channels, merge[0] === 1);
  const leaveNorm = layerNormLayer(parameters.scope('leave_norm'), { width: tokenWidth });
  const leave = linearLayer(parameters.scope('leave'), { in: tokenWidth, out: codeDim });
  const bias = parameters.scope('leave').add('code_bias', [codes], 0);
  const toCodes = parameters.scope('leave').add('free', [codes, tokenWidth], normal(0.02));

  const tokensToGrid = (ids: tf.Tensor2D): tf.Tensor5D => {
    const [batch] = ids.shape;
    // The masked token has no code vector: a row of zeros.
    const vectors = tf.concat([codeVectors, tf.zeros([1, codeDim])]);
    const table = enter(vectors) as tf.Tensor2D;
    const x = tf.reshape(tf.add(embedding(table, ids), free(ids)), [batch, images, -1, tokenWidth]);
    return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch, ...cells, channels]) as tf.Tensor5D;
  };

  const hidden = (ids: tf.Tensor2D): tf.Tensor3D => {
    const [batch] = ids.shape;
    const full = before(tokensToGrid(ids));
    const coarse = down(resizeEnd(full, padded));
    const sequence = tf.add(tf.reshape(coarse, [batch, positions, width]), tf.reshape(position, [1, positions, width]));
    const mixed = norm(mix(sequence as tf.Tensor3D));
    const fine = resizeEnd(up(tf.reshape(mixed, coarse.shape)), cells);
    const y = after(tf.add(full, fine) as tf.Tensor5D);
    const rows = tf.transpose(tf.reshape(y, [batch, -1, images, tokenWidth]), [0, 2, 1, 3]);
    return tf.reshape(rows, [batch, ids.shape[1], tokenWidth]);
  };
  return {
    hidden,
    hiddenAt: (ids, rows) => rowsOf(hidden(ids), rows),
    head(rows) {
      const y = leaveNorm(rows);
      const tied = matMul(leave(y), codeVectors, { transposeB: true });
      return addBias(tf.add(tied, matMul(y, toCodes, { transposeB: true })), bias) as tf.Tensor2D;
    },
  };
}

/** x + conv(gelu(conv(x))) at the resolution of the tokens. */
function convBlock(parameters: Parameters, width: number, slice: boolean): Layer<tf.Tensor5D> {
  const options = { in: width, out: width, spatialDims: slice ? 2 : 3 } as const;
  const conv1 = conv3dLayer(parameters.scope('conv1'), options);
  const conv2 = conv3dLayer(parameters.scope('conv2'), options);
  return (x) => tf.add(x, conv2(gelu(conv1(x)) as tf.Tensor5D)) as tf.Tensor5D;
}

/**
 * Grows (with zeros) or crops each spatial axis at its end to `size`. Axis by axis at rank 3: operations of rank 5 are
 * many times slower on some backends.
 */
function resizeEnd(x: tf.Tensor5D, size: readonly number[]): tf.Tensor5D {
  return size.reduce((y, n, a) => {
    const shape: [number, number, number, number, number] = [...y.shape];
    const before = shape[a + 1];
    if (n === before) return y;
    const outer = shape.slice(0, a + 1).reduce((p, m) => p * m, 1);
    const inner = shape.slice(a + 2).reduce((p, m) => p * m, 1);
    const rows = tf.reshape(y, [outer, before, inner]) as tf.Tensor3D;
    const resized =
      n < before
        ? tf.slice(rows, [0, 0, 0], [outer, n, inner])
        : tf.concat([rows, tf.zeros([outer, n - before, inner])], 1);
    shape[a + 1] = n;
    return tf.reshape(resized, shape);
  }, x);
}
