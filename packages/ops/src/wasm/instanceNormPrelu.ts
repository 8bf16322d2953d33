import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Address } from './exports';
import type { Call } from './heap';
import { kernel } from './kernel';
import { BYTES } from './runs';

interface Tensors {
  readonly x: TensorInfo;
  readonly y: TensorInfo;
  readonly dy?: TensorInfo;
  readonly mean: TensorInfo;
  readonly rstd: TensorInfo;
  readonly alpha: TensorInfo;
}

/** Parameters for sample `b` of the batch; y is the result, or dx on the way back. */
function parameters(call: Call, b: number, { x, y, dy, mean, rstd, alpha }: Tensors, sums: Address): Address {
  const [, depth, height, width, channels] = x.shape;
  const voxels = depth * height * width;
  const volume = b * voxels * channels * BYTES;
  const statistics = b * channels * BYTES;
  return call.struct({
    x: call.at(x) + volume,
    y: call.at(y) + volume,
    dy: dy ? call.at(dy) + volume : 0,
    mean: call.at(mean) + statistics,
    rstd: call.at(rstd) + statistics,
    alpha: call.at(alpha),
    sums,
    voxels,
    channels,
  });
}

/** x [B, D, H, W, C], alpha [1] to [y, mean [B, C], rstd [B, C]]. */
export const instanceNormPrelu = kernel<'x' | 'alpha', { readonly epsilon: number }>(
  'Paired3dInstanceNormPrelu',
  (call, { x, alpha }, { epsilon }) => {
    const [batch, , , , channels] = x.shape;
    const y = call.output(x.shape);
    const mean = call.output([batch, channels]);
    const rstd = call.output([batch, channels]);
    const sums = call.scratchDoubles(2 * channels);
    for (let b = 0; b < batch; b++) {
      call.kernels.instanceNormPrelu(parameters(call, b, { x, y, mean, rstd, alpha }, sums), epsilon);
    }
    return [y, mean, rstd];
  },
);

/** To [dx, dalpha [1]]. */
export const instanceNormPreluGrad = kernel<'dy' | 'x' | 'alpha' | 'mean' | 'rstd'>(
  'Paired3dInstanceNormPreluGrad',
  (call, { dy, x, alpha, mean, rstd }) => {
    const channels = x.shape[4];
    const dx = call.output(x.shape);
    const dalpha = call.output([1]);
    const sums = call.scratchDoubles(2 * channels + 1);
    const total = sums + 2 * channels * 8;
    call.writeDouble(total, 0);
    for (let b = 0; b < x.shape[0]; b++) {
      call.kernels.instanceNormPreluGradient(parameters(call, b, { x, y: dx, dy, mean, rstd, alpha }, sums));
    }
    call.writeScalar(dalpha, call.readDouble(total));
    return [dx, dalpha];
  },
);
