import * as tf from '@tensorflow/tfjs-core';
import { addBias, conv3d, conv3dTranspose, embedding, instanceNormPrelu, layerNorm, matMul } from '@paired3d/ops';
import { normal, pytorchDefault } from './initialise';
import type { Parameters } from './parameters';

/** A layer is a function of a tensor; its weights live in the `Parameters` it was made with. */
export type Layer<X extends tf.Tensor = tf.Tensor, Y extends tf.Tensor = X> = (x: X) => Y;

/** Applies layers one after the other. */
export const sequential =
  <X extends tf.Tensor>(...layers: Layer<X>[]): Layer<X> =>
  (x) =>
    layers.reduce((y, layer) => layer(y), x);

/** Configuration of a convolution, plain or transposed. */
export interface ConvOptions {
  /** channels in */
  readonly in: number;
  /** channels out */
  readonly out: number;
  /** size along each spatial axis; 3 by default */
  readonly kernel?: number;
  /** 1 by default */
  readonly strides?: number;
  /** true by default */
  readonly bias?: boolean;
  /** 2 keeps the first spatial axis (one slice) untouched: kernel [1, k, k]; 3 by default */
  readonly spatialDims?: 2 | 3;
  /** zeros on both sides, floor(kernel / 2) by default */
  readonly padding?: number;
}

function extents(options: ConvOptions) {
  const { kernel = 3, strides = 1, spatialDims = 3, padding = Math.floor(kernel / 2) } = options;
  const along = (n: number, slice: number) => [spatialDims === 2 ? slice : n, n, n] as [number, number, number];
  return { kernel: along(kernel, 1), strides: along(strides, 1), padding: along(padding, 0) };
}

/** Adds a bias, if any; the linear part, which no gradient needs, is freed at once. */
function biased<T extends tf.Tensor>(linear: () => T, bias: tf.Tensor | undefined): T {
  return tf.tidy(() => (bias ? addBias(linear(), bias) : linear()));
}

/** Convolution, `weight` [kD, kH, kW, in, out] and `bias` [out]; padding on both sides as in PyTorch's `Conv3d`. */
export function conv3dLayer(parameters: Parameters, options: ConvOptions): Layer<tf.Tensor5D> {
  const { kernel, strides, padding } = extents(options);
  const initial = pytorchDefault(options.in * kernel[0] * kernel[1] * kernel[2]);
  const weight = parameters.add('weight', [...kernel, options.in, options.out], initial) as tf.Variable<tf.Rank.R5>;
  const bias = options.bias === false ? undefined : parameters.add('bias', [options.out], initial);
  return (x) => biased(() => conv3d(x, weight, { strides, padding }), bias);
}

/**
 * Transposed convolution as PyTorch's `ConvTranspose3d`, `weight` [kD, kH, kW, out, in] and `bias` [out].
 * The output is `strides` times the input: output padding `strides - 1` for an odd kernel, 0 for kernel = strides.
 */
export function conv3dTransposeLayer(parameters: Parameters, options: ConvOptions): Layer<tf.Tensor5D> {
  const { kernel, strides, padding } = extents(options);
  const outputPadding = kernel.map((k, a) => strides[a] + 2 * padding[a] - k) as [number, number, number];
  // PyTorch takes the fan from the second axis of the weight, which is `out` here.
  const initial = pytorchDefault(options.out * kernel[0] * kernel[1] * kernel[2]);
  const weight = parameters.add('weight', [...kernel, options.out, options.in], initial) as tf.Variable<tf.Rank.R5>;
  const bias = options.bias === false ? undefined : parameters.add('bias', [options.out], initial);
  return (x) => biased(() => conv3dTranspose(x, weight, { strides, padding, outputPadding }), bias);
}

/** Instance norm (not affine, eps 1e-5) then PReLU with the one weight `A.weight`: MONAI's `ADN` block. */
export function instanceNormPreluLayer(parameters: Parameters): Layer<tf.Tensor5D> {
  const alpha = parameters.add('A.weight', [1], 0.25) as tf.Variable<tf.Rank.R1>;
  return (x) => instanceNormPrelu(x, alpha);
}

/** y = x W^T + b over the last axis; `weight` [out, in] as in PyTorch. */
export function linearLayer(
  parameters: Parameters,
  options: { readonly in: number; readonly out: number; readonly bias?: boolean; readonly standardDeviation?: number },
): Layer {
  const initial = options.standardDeviation ? normal(options.standardDeviation) : pytorchDefault(options.in);
  const weight = parameters.add('weight', [options.out, options.in], initial);
  const bias = options.bias === false ? undefined : parameters.add('bias', [options.out], pytorchDefault(options.in));
  return (x) => {
    const product = () => matMul(tf.reshape(x, [-1, options.in]), weight, { transposeB: true });
    return tf.reshape(biased(product, bias), [...x.shape.slice(0, -1), options.out]);
  };
}

/** Layer norm over the last axis, `weight` and `bias` [width]. */
export function layerNormLayer(parameters: Parameters, options: { readonly width: number }): Layer {
  const weight = parameters.add('weight', [options.width], 1) as tf.Variable<tf.Rank.R1>;
  const bias = parameters.add('bias', [options.width], 0) as tf.Variable<tf.Rank.R1>;
  return (x) => layerNorm(x, weight, bias);
}

/** Rows of `weight` [rows, width], N(0, standardDeviation), by index: int32 [...] -> [..., width]. */
export function embeddingLayer(
  parameters: Parameters,
  options: { readonly rows: number; readonly width: number; readonly standardDeviation?: number },
): Layer {
  const initial = normal(options.standardDeviation ?? 1);
  const weight = parameters.add('weight', [options.rows, options.width], initial) as tf.Variable<tf.Rank.R2>;
  return (ids) => embedding(weight, ids);
}
