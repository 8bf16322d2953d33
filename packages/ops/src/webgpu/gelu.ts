import { util } from '@tensorflow/tfjs-core';
import { kernel } from './kernel';
import { each } from './program';

/**
 * erfc by its Chebyshev fit, relative error below 1.2e-7 everywhere. Press et al., Numerical Recipes in C, 2nd ed. 1992, 6.2.
 * Taken of -x / sqrt(2): Phi(x) = erfc(-x / sqrt 2) / 2 loses no digits in the tail.
 */
const NORMAL = `
fn erfc(x: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.5 * abs(x));
  let fit = t * exp(-x * x - 1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806
    + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277)))))))));
  return select(2.0 - fit, fit, x >= 0.0);
}
fn normalDistribution(x: f32) -> f32 { return 0.5 * erfc(-x * ${Math.SQRT1_2}); }
`;

/** Exact GELU of any tensor. */
export const gelu = kernel<'x'>('Paired3dGelu', (call, { x }) => {
  const y = call.output(x.shape);
  call.run(
    each(util.sizeFromShape(x.shape), {
      name: 'gelu',
      reads: { x },
      writes: { y },
      code: `${NORMAL}
fn element(i: i32) { y[i] = x[i] * normalDistribution(x[i]); }`,
    }),
  );
  return y;
});

export const geluGrad = kernel<'dy' | 'x'>('Paired3dGeluGrad', (call, { dy, x }) => {
  const dx = call.output(x.shape);
  call.run(
    each(util.sizeFromShape(x.shape), {
      name: 'gradient',
      reads: { dy, x },
      writes: { dx },
      code: `${NORMAL}
fn element(i: i32) {
  let density = exp(-0.5 * x[i] * x[i]) * ${1 / Math.sqrt(2 * Math.PI)};
  dx[i] = dy[i] * (normalDistribution(x[i]) + x[i] * density);
}`,
    }),
  );
  return dx;
});
