import { util } from '@tensorflow/tfjs-core';
import { kernel } from './kernel';

/** x [.., C] + bias [C]. */
export const addBias = kernel<'x' | 'bias'>('Paired3dAddBias', (call, { x, bias }) => {
  const y = call.output(x.shape);
  const columns = bias.shape[0];
  const rows = util.sizeFromShape(x.shape) / columns;
  call.kernels.addBias(call.at(x), call.at(bias), call.at(y), call.scratch(4 * columns), rows, columns);
  return y;
});
