import { util } from '@tensorflow/tfjs-core';
import { kernel } from './kernel';
import { each } from './program';
import { sums } from './sums';

/** x, y [B, ...] to the correlation of each sample [B], and statistics [B, 4] for the gradient. */
export const correlation = kernel<'x' | 'y', { readonly floor: number }>(
  'Paired3dCorrelation',
  (call, { x, y }, { floor }) => {
    const [batch] = x.shape;
    const count = util.sizeFromShape(x.shape) / batch;
    const [value, statistics] = [call.output([batch]), call.output([batch, 4])];
    const over = { outer: batch, length: count, inner: 1, floats: { size: count }, integers: { values: count } };
    const means = call.scratch([batch, 2]);
    const pair = `fn term(o: i32, i: i32, c: i32) -> vec2f {
  return vec2f(a[o * u.values + i], b[o * u.values + i]);
}`;
    const mean = { name: 'means', terms: 2, finish: 'total / u.size', reads: { a: x, b: y }, code: pair } as const;
    sums(call, { ...over, ...mean }, means);
    const moments = call.scratch([batch, 3]);
    const products = `fn term(o: i32, i: i32, c: i32) -> vec3f {
  let p = a[o * u.values + i] - means[2 * o];
  let q = b[o * u.values + i] - means[2 * o + 1];
  return vec3f(p * q, p * p, q * q);
}`;
    sums(call, { ...over, ...mean, name: 'moments', terms: 3, reads: { a: x, b: y, means }, code: products }, moments);
    call.run(
      each(batch, {
        name: 'correlation',
        reads: { means, moments },
        writes: { value, statistics },
        floats: { size: count, floor },
        code: `fn element(n: i32) {
  let covariance = moments[3 * n];
  let varianceX = moments[3 * n + 1] + u.floor;
  // The product of two small variances would leave single precision.
  let scale = 1.0 / sqrt(varianceX) / sqrt(moments[3 * n + 2] + u.floor);
  value[n] = covariance * scale;
  statistics[4 * n] = means[2 * n];
  statistics[4 * n + 1] = means[2 * n + 1];
  statistics[4 * n + 2] = scale / u.size;
  statistics[4 * n + 3] = covariance / varianceX;
}`,
      }),
    );
    return [value, statistics];
  },
);

/** Gradient of x. */
export const correlationGrad = kernel<'dy' | 'x' | 'y' | 'statistics'>('Paired3dCorrelationGrad', (call, inputs) => {
  const { shape } = inputs.x;
  const dx = call.output(shape);
  call.run(
    each(util.sizeFromShape(shape), {
      name: 'gradient',
      reads: { ...inputs },
      writes: { dx },
      integers: { values: util.sizeFromShape(shape) / shape[0] },
      code: `fn element(i: i32) {
  let n = i / u.values;
  let a = x[i] - statistics[4 * n];
  let b = y[i] - statistics[4 * n + 1];
  dx[i] = dy[n] * statistics[4 * n + 2] * (b - statistics[4 * n + 3] * a);
}`,
    }),
  );
  return dx;
});
