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

/** x [.., C] to the sums [C] over all other axes. */
export const sumRows = kernel<'x'>('Paired3dSumRows', (call, { x }) => {
  const columns = x.shape[x.shape.length - 1];
  const y = call.output([columns]);
  const rows = util.sizeFromShape(x.shape) / columns;
  call.kernels.sumRows(call.at(x), call.at(y), call.scratchDoubles(4 * columns), rows, columns);
  return y;
});
