import { util } from '@tensorflow/tfjs-core';
import { kernel } from './kernel';

/** Exact GELU of any tensor. */
export const gelu = kernel<'x'>('Paired3dGelu', (call, { x }) => {
  const y = call.output(x.shape);
  call.kernels.gelu(call.at(x), call.at(y), util.sizeFromShape(x.shape));
  return y;
});

export const geluGrad = kernel<'dy' | 'x'>('Paired3dGeluGrad', (call, { dy, x }) => {
  const dx = call.output(x.shape);
  call.kernels.geluGradient(call.at(dy), call.at(x), call.at(dx), util.sizeFromShape(x.shape));
  return dx;
});
