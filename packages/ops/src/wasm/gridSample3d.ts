import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Address } from './exports';
import type { Call } from './heap';
import { kernel } from './kernel';
import { BYTES } from './runs';

interface Sampling {
  readonly mode: 'linear' | 'nearest';
  readonly padding: 'zeros' | 'border';
}

/** Parameters for sample `b` of the batch; y is the result, or dy on the way back. */
function parameters(
  call: Call,
  b: number,
  x: TensorInfo,
  grid: TensorInfo,
  y: TensorInfo,
  { mode, padding }: Sampling,
  dx?: TensorInfo,
  dgrid?: TensorInfo,
): Address {
  const ofSample = (tensor: TensorInfo | undefined) =>
    tensor ? call.at(tensor) + (b * util.sizeFromShape(tensor.shape) * BYTES) / tensor.shape[0] : 0;
  const [, depth, height, width, channels] = x.shape;
  return call.struct({
    x: ofSample(x),
    grid: ofSample(grid),
    y: ofSample(y),
    dx: ofSample(dx),
    dgrid: ofSample(dgrid),
    depth,
    height,
    width,
    channels,
    points: grid.shape[1] * grid.shape[2] * grid.shape[3],
    nearest: mode === 'nearest' ? 1 : 0,
    border: padding === 'border' ? 1 : 0,
  });
}

/** x [B, D, H, W, C] at grid [B, d, h, w, 3]: [B, d, h, w, C]. A point that is not a number samples 0. */
export const gridSample3d = kernel<'x' | 'grid', Sampling>('Paired3dGridSample3d', (call, { x, grid }, options) => {
  const y = call.output([...grid.shape.slice(0, 4), x.shape[4]]);
  for (let b = 0; b < x.shape[0]; b++) call.kernels.gridSample(parameters(call, b, x, grid, y, options));
  return y;
});

/** Gradients of x (a zero of shape [1] unless `needInput`) and of grid. */
export const gridSample3dGrad = kernel<'dy' | 'x' | 'grid', Sampling & { readonly needInput: boolean }>(
  'Paired3dGridSample3dGrad',
  (call, { dy, x, grid }, { needInput, ...options }) => {
    const dx = call.output(needInput ? x.shape : [1]);
    const dgrid = call.output(grid.shape);
    call.zero(call.at(dx), util.sizeFromShape(dx.shape));
    for (let b = 0; b < x.shape[0]; b++) {
      const wanted = needInput ? dx : undefined;
      call.kernels.gridSampleGradient(parameters(call, b, x, grid, dy, options, wanted, dgrid));
    }
    return [dx, dgrid];
  },
);
