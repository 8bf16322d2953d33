import {
  conv3dLayer,
  conv3dTransposeLayer,
  layerNormLayer,
  linearLayer,
  normal,
  type Layer,
  type Parameters,
} from '@paired3d/nn';
import { addBias, embedding, gelu, matMul } from '@paired3d/ops';
import * as tf from '@tensorflow/tfjs-core';
import { cellIndices, type PatchDenoiserConfig } from './config';
import { ofRange, type Network } from './network';
import { sparseTokens } from './sparseTokens';
import { transformer } from './transformer';

/**
 * The light denoiser of `PatchDenoiserConfig`. `codes.weight` [codes, codeDim] holds the code vectors of the
 * autoencoder; they are constant (set by `Denoiser.setCodeVectors`) and serve at both ends.
 */
export function patchDenoiser(parameters: Parameters, codeVectors: tf.Tensor2D, config: PatchDenoiserConfig): Network {
  const { codes, codeDim, grid, width, tokenWidth, strides } = config;
  const [images, ...cells] = grid;
  const perImage = cells.reduce((product, n) => product * n, 1);
  const dense = [...Array(images).keys()].filter((image) => (strides?.[image] ?? 1) === 1);
  const channels = dense.length * tokenWidth;
  // Axes of one slice (2D) are not merged; odd ones are padded by a slice of zeros.
  const merge = cells.map((n) => (n === 1 ? 1 : 2));
  const merged = cells.map((n, a) => Math.ceil(n / merge[a]));
  const padded = merged.map((n, a) => n * merge[a]);
  const positions = merged.reduce((product, n) => product * n, 1);
  const positionOf = (cell: number) =>
    cellIndices(cell, grid).reduce((position, n, a) => position * merged[a] + Math.floor(n / merge[a]), 0);

  const free = parameters.scope('token').add('weight', [codes + 1, tokenWidth], normal(0.3));
  const enter = linearLayer(parameters.scope('enter'), { in: codeDim, out: tokenWidth, bias: false });
  const before = convBlock(parameters.scope('before'), channels, merge[0] === 1);
  const conv = { kernel: 2, strides: 2, padding: 0, spatialDims: merge[0] === 1 ? 2 : 3 } as const;
  const down = conv3dLayer(parameters.scope('down'), { in: channels, out: width, ...conv });
  const position = parameters.scope('position').add('weight', [positions, width], normal(0.02));
  const sparse = dense.length < images && sparseTokens(parameters.scope('sparse'), config, { positions, positionOf });
  const mix = transformer(parameters.scope('transformer'), { ...config, norm: 'pre' });
  const norm = layerNormLayer(parameters.scope('norm'), { width });
  const up = conv3dTransposeLayer(parameters.scope('up'), { in: width, out: channels, ...conv });
  const after = convBlock(parameters.scope('after'), channels, merge[0] === 1);
  const leaveNorm = layerNormLayer(parameters.scope('leave_norm'), { width: tokenWidth });
  const leave = linearLayer(parameters.scope('leave'), { in: tokenWidth, out: codeDim });
  const bias = parameters.scope('leave').add('code_bias', [codes], 0);
  const toCodes = parameters.scope('leave').add('free', [codes, tokenWidth], normal(0.02));

  // Features are computed for the tokens of dense images, then for those of sparse ones.
  const densePlaces = dense.flatMap((image) => Array.from({ length: perImage }, (_, cell) => image * perImage + cell));
  const computed = [...densePlaces, ...(sparse ? sparse.places : [])];
  const slots = new Int32Array(images * perImage);
  computed.forEach((place, slot) => (slots[place] = slot));

  /** [B, T] -> those at some places, embedded: [B, n, tokenWidth] */
  const embedded = (ids: tf.Tensor2D, table: tf.Tensor2D, places: readonly number[]): tf.Tensor3D => {
    const all = places.length === images * perImage;
    const chosen = all ? ids : tf.gather(ids, tf.tensor1d([...places], 'int32'), 1);
    return embedding(table, chosen) as tf.Tensor3D;
  };
  const features = (ids: tf.Tensor2D): tf.Tensor2D => {
    const [batch] = ids.shape;
    // The masked token has no code vector: a row of zeros.
    const vectors = tf.concat([codeVectors, tf.zeros([1, codeDim])]);
    const table = tf.add(enter(vectors), free) as tf.Tensor2D;
    const rows = tf.reshape(embedded(ids, table, densePlaces), [batch, dense.length, perImage, tokenWidth]);
    const tokens = tf.reshape(tf.transpose(rows, [0, 2, 1, 3]), [batch, ...cells, channels]) as tf.Tensor5D;
    const full = before(tokens);
    const coarse = down(resizeEnd(full, padded));
    const scans = tf.add(tf.reshape(coarse, [batch, positions, width]), tf.reshape(position, [1, positions, width]));
    const sequence = sparse ? tf.add(scans, sparse.enter(embedded(ids, table, sparse.places))) : scans;
    const mixed = norm(mix(sequence as tf.Tensor3D)) as tf.Tensor3D;
    const fine = resizeEnd(up(tf.reshape(mixed, coarse.shape)), cells);
    const y = after(tf.add(full, fine) as tf.Tensor5D);
    const left = tf.transpose(tf.reshape(y, [batch, perImage, dense.length, tokenWidth]), [0, 2, 1, 3]);
    const ofDense = tf.reshape(left, [batch, densePlaces.length, tokenWidth]) as tf.Tensor3D;
    const all = sparse ? tf.concat([ofDense, sparse.leave(mixed)], 1) : ofDense;
    return tf.reshape(all, [-1, tokenWidth]);
  };
  const hiddenAt = (ids: tf.Tensor2D, rows: Int32Array): tf.Tensor2D => {
    const slotOf = (row: number) => Math.floor(row / slots.length) * computed.length + slots[row % slots.length];
    return embedding(features(ids), tf.tensor1d(rows.map(slotOf), 'int32')) as tf.Tensor2D;
  };
  return {
    hiddenScopes: ['before', 'down', 'sparse', 'transformer', 'up', 'after'],
    hidden(ids) {
      const rows = sparse
        ? hiddenAt(
            ids,
            Int32Array.from({ length: ids.size }, (_, row) => row),
          )
        : features(ids);
      return tf.reshape(rows, [...ids.shape, tokenWidth]);
    },
    hiddenAt,
    head(rows, range) {
      const y = leaveNorm(rows);
      const [vectors, own, shift] = [codeVectors, toCodes, bias].map((table) => ofRange(table, range));
      const tied = matMul(leave(y), vectors, { transposeB: true });
      return addBias(tf.add(tied, matMul(y, own, { transposeB: true })), shift) as tf.Tensor2D;
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
