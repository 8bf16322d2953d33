import * as tf from '@tensorflow/tfjs-core';
import { product } from './matMul';
import { put, take } from './axes';
import type { Vector3 } from './validate';

// A convolution is a sum over the taps of the filter: the input shifted by the tap, times the tap's [Cin, Cout] matrix.
// Both gradients are the adjoints of that sum. Only slice, concat, reshape, matMul and add are used, because the stock
// conv3d gradients are wrong on the wasm backend and much of rank 5 is wrong on the webgpu backend.

type Shape5 = [number, number, number, number, number];

function tapMatrix(filter: tf.Tensor5D, a: number, b: number, c: number): tf.Tensor2D {
  const [, , , inputs, outputs] = filter.shape;
  return tf.reshape(tf.slice(filter, [a, b, c, 0, 0], [1, 1, 1, inputs, outputs]), [inputs, outputs]);
}

/** `sum_i f(i)`, freeing the terms on the way. */
function sumOver(n: number, term: (i: number) => tf.Tensor): tf.Tensor {
  let total: tf.Tensor | undefined;
  for (let i = 0; i < n; i++) {
    const previous: tf.Tensor | undefined = total;
    total = tf.tidy(() => (previous ? tf.add(previous, term(i)) : term(i)));
    previous?.dispose();
  }
  return total!;
}

/** `[B,D,H,W,Cin] * [kD,kH,kW,Cin,Cout] -> [B,D',H',W',Cout]`, D' = floor((D + 2p - k) / s) + 1. */
export function convolve(
  x: tf.Tensor5D,
  filter: tf.Tensor5D,
  strides: Vector3,
  padding: Vector3,
  outputSize: Vector3,
): tf.Tensor5D {
  const [kernelD, kernelH, kernelW, inputs, outputs] = filter.shape;
  const shifted = (t: tf.Tensor, axis: 0 | 1 | 2, tap: number) =>
    take(t, axis + 1, tap - padding[axis], outputSize[axis], strides[axis]);
  const y = sumOver(kernelD, (a) => {
    const xa = shifted(x, 0, a);
    return sumOver(kernelH, (b) => {
      const xb = shifted(xa, 1, b);
      return sumOver(kernelW, (c) => product(tf.reshape(shifted(xb, 2, c), [-1, inputs]), tapMatrix(filter, a, b, c)));
    });
  });
  return tf.reshape(y, [x.shape[0], ...outputSize, outputs]);
}

/** Adjoint of {@link convolve} in its input: `dy -> dx` of shape `inputShape`. */
export function convolveInputAdjoint(
  dy: tf.Tensor5D,
  filter: tf.Tensor5D,
  strides: Vector3,
  padding: Vector3,
  inputShape: Shape5,
): tf.Tensor5D {
  const [kernelD, kernelH, kernelW, inputs, outputs] = filter.shape;
  const [batch, d, h, w] = dy.shape;
  const rows = tf.reshape<tf.Rank.R2>(dy, [-1, outputs]);
  const placed = (t: tf.Tensor, axis: 0 | 1 | 2, tap: number) =>
    put(t, axis + 1, tap - padding[axis], strides[axis], inputShape[axis + 1]);
  const dx = sumOver(kernelD, (a) =>
    placed(
      sumOver(kernelH, (b) =>
        placed(
          sumOver(kernelW, (c) =>
            placed(tf.reshape(product(rows, tapMatrix(filter, a, b, c), false, true), [batch, d, h, w, inputs]), 2, c),
          ),
          1,
          b,
        ),
      ),
      0,
      a,
    ),
  );
  return dx as tf.Tensor5D;
}

/** Adjoint of {@link convolve} in its filter: `dw` of shape `filterShape`. */
export function convolveFilterAdjoint(
  x: tf.Tensor5D,
  dy: tf.Tensor5D,
  strides: Vector3,
  padding: Vector3,
  filterShape: Shape5,
): tf.Tensor5D {
  const [kernelD, kernelH, kernelW, inputs, outputs] = filterShape;
  const rows = tf.reshape<tf.Rank.R2>(dy, [-1, outputs]);
  const shifted = (t: tf.Tensor, axis: 0 | 1 | 2, tap: number) =>
    take(t, axis + 1, tap - padding[axis], dy.shape[axis + 1]!, strides[axis]);
  const taps: tf.Tensor[] = [];
  for (let a = 0; a < kernelD; a++) {
    const xa = shifted(x, 0, a);
    for (let b = 0; b < kernelH; b++) {
      const xb = shifted(xa, 1, b);
      for (let c = 0; c < kernelW; c++) {
        taps.push(tf.tidy(() => product(tf.reshape(shifted(xb, 2, c), [-1, inputs]), rows, true, false)));
      }
      xb.dispose();
    }
    xa.dispose();
  }
  return tf.reshape(tf.concat(taps, 0), filterShape);
}
