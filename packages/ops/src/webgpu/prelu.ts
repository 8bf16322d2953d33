import { util } from '@tensorflow/tfjs-core';
import { kernel } from './kernel';
import { each } from './program';
import { sums } from './sums';

/** Any tensor and alpha [1]. */
export const prelu = kernel<'x' | 'alpha'>('Paired3dPrelu', (call, { x, alpha }) => {
  const y = call.output(x.shape);
  const code = 'fn element(i: i32) { y[i] = select(alpha[0] * x[i], x[i], x[i] > 0.0); }';
  call.run(each(util.sizeFromShape(x.shape), { name: 'prelu', reads: { x, alpha }, writes: { y }, code }));
  return y;
});

/** To [dx, dalpha [1]]. */
export const preluGrad = kernel<'dy' | 'x' | 'alpha'>('Paired3dPreluGrad', (call, { dy, x, alpha }) => {
  const [dx, dalpha] = [call.output(x.shape), call.output([1])];
  const length = util.sizeFromShape(x.shape);
  const slope = 'fn element(i: i32) { dx[i] = dy[i] * select(alpha[0], 1.0, x[i] > 0.0); }';
  call.run(each(length, { name: 'gradient', reads: { dy, x, alpha }, writes: { dx }, code: slope }));
  const code = 'fn term(o: i32, i: i32, c: i32) -> f32 { return dy[i] * min(x[i], 0.0); }';
  sums(call, { name: 'alpha', outer: 1, length, inner: 1, reads: { dy, x }, code }, dalpha);
  return [dx, dalpha];
});
