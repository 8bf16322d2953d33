import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Address } from './exports';
import type { Call } from './heap';
import { kernel } from './kernel';
import { BYTES } from './runs';

/** Parameters for sample `n`; `values` is the result [B], or dy on the way back. */
function parameters(
  call: Call,
  n: number,
  x: TensorInfo,
  y: TensorInfo,
  values: TensorInfo,
  statistics: TensorInfo,
): Address {
  const count = util.sizeFromShape(x.shape.slice(1));
  return call.struct({
    x: call.at(x) + n * count * BYTES,
    y: call.at(y) + n * count * BYTES,
    value: call.at(values) + n * BYTES,
    statistics: call.at(statistics) + n * 4 * BYTES,
    count,
  });
}

/** x, y [B, ...] to the correlation of each sample [B], and statistics [B, 4] for the gradient. */
export const correlation = kernel<'x' | 'y', { readonly floor: number }>(
  'Paired3dCorrelation',
  (call, { x, y }, { floor }) => {
    const [batch] = x.shape;
    const [values, statistics] = [call.output([batch]), call.output([batch, 4])];
    for (let n = 0; n < batch; n++) call.kernels.correlation(parameters(call, n, x, y, values, statistics), floor);
    return [values, statistics];
  },
);

/** Gradient of x. */
export const correlationGrad = kernel<'dy' | 'x' | 'y' | 'statistics'>(
  'Paired3dCorrelationGrad',
  (call, { dy, x, y, statistics }) => {
    const dx = call.output(x.shape);
    const count = util.sizeFromShape(x.shape.slice(1));
    for (let n = 0; n < x.shape[0]; n++) {
      call.kernels.correlationGradient(parameters(call, n, x, y, dy, statistics), call.at(dx) + n * count * BYTES);
    }
    return dx;
  },
);
