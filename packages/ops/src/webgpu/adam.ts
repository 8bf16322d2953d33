import { util } from '@tensorflow/tfjs-core';
import type { AdamOptions } from '../adamUpdate';
import { kernel } from './kernel';
import { each } from './program';

/** One update of a parameter tensor: [new p, new m, new v]. */
export const adam = kernel<'p' | 'g' | 'm' | 'v', AdamOptions>('Paired3dAdam', (call, inputs, options) => {
  const { learningRate, beta1, beta2, epsilon, step, weightDecay = 0 } = options;
  const [newP, newM, newV] = [0, 1, 2].map(() => call.output(inputs.p.shape));
  call.run(
    each(util.sizeFromShape(inputs.p.shape), {
      name: 'update',
      reads: { ...inputs },
      writes: { newP, newM, newV },
      floats: {
        beta1,
        rest1: 1 - beta1,
        beta2,
        rest2: 1 - beta2,
        keep: 1 - learningRate * weightDecay,
        size: learningRate / (1 - beta1 ** step),
        correction: 1 / Math.sqrt(1 - beta2 ** step),
        epsilon,
      },
      code: `fn element(i: i32) {
  let mean = u.beta1 * m[i] + u.rest1 * g[i];
  let square = u.beta2 * v[i] + u.rest2 * g[i] * g[i];
  newM[i] = mean;
  newV[i] = square;
  newP[i] = u.keep * p[i] - u.size * mean / (sqrt(square) * u.correction + u.epsilon);
}`,
    }),
  );
  return [newP, newM, newV];
});
