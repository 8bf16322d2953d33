import { kernel } from './kernel';

/** Softmax of the rows of x [N, K]. */
export const softmax = kernel<'x'>('Paired3dSoftmax', (call, { x }) => {
  const y = call.output(x.shape);
  call.kernels.softmax(call.at(x), call.at(y), x.shape[0], x.shape[1]);
  return y;
});

/** From the gradient and the result of softmax, both [N, K]. */
export const softmaxGrad = kernel<'dy' | 'y'>('Paired3dSoftmaxGrad', (call, { dy, y }) => {
  const dx = call.output(y.shape);
  call.kernels.softmaxGradient(call.at(dy), call.at(y), call.at(dx), y.shape[0], y.shape[1]);
  return dx;
});
