import { util } from '@tensorflow/tfjs-core';
import { kernel } from './kernel';

/** Any tensor and alpha [1]. */
export const prelu = kernel<'x' | 'alpha'>('Paired3dPrelu', (call, { x, alpha }) => {
  const y = call.output(x.shape);
  call.kernels.prelu(call.at(x), call.at(y), call.readFloat(alpha), util.sizeFromShape(x.shape));
  return y;
});

/** To [dx, dalpha [1]]. */
export const preluGrad = kernel<'dy' | 'x' | 'alpha'>('Paired3dPreluGrad', (call, { dy, x, alpha }) => {
  const dx = call.output(x.shape);
  const dalpha = call.output([1]);
  const count = util.sizeFromShape(x.shape);
  const sum = call.kernels.preluGradient(call.at(dy), call.at(x), call.at(dx), call.readFloat(alpha), count);
  call.writeScalar(dalpha, sum);
  return [dx, dalpha];
});
