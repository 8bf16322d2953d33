import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Call } from './heap';
import { BYTES, padded, type Size, type Volume } from './runs';

/** Attributes of every convolution kernel. */
export interface Geometry {
  readonly strides: Size;
  readonly padding: Size;
}

export const map = (f: (axis: number) => number): Size => [f(0), f(1), f(2)];
export const sizeOf = (shape: readonly number[]): Size => [shape[1], shape[2], shape[3]];
export const kernelOf = (shape: readonly number[]): Size => [shape[0], shape[1], shape[2]];
export const product = (size: Size) => size[0] * size[1] * size[2];

/** Sample `index` of a [B, D, H, W, C] tensor. */
export function sample(call: Call, tensor: TensorInfo, index: number): Volume {
  const size = sizeOf(tensor.shape);
  const channels = tensor.shape[4];
  return { at: call.at(tensor) + index * product(size) * channels * BYTES, size, channels };
}

/** Size of the padded input that `outputs` outputs read: the tail that a stride leaves over is not copied. */
function reach(outputs: Size, kernelSize: Size, strides: Size): Size {
  return map((axis) => (outputs[axis] - 1) * strides[axis] + kernelSize[axis]);
}

/** Pads as the convolution asks; reads the tensor in place where nothing needs padding. */
export function paddedInput(
  call: Call,
  x: Volume,
  geometry: Geometry,
  outputs: Size,
  kernelSize: Size,
  slack: number,
): Volume {
  const wanted = reach(outputs, kernelSize, geometry.strides);
  return padded(
    call,
    x,
    geometry.padding,
    map((axis) => Math.max(wanted[axis], x.size[axis] + geometry.padding[axis])),
    slack,
  );
}
