import { util } from '@tensorflow/tfjs-core';
import type { AdamOptions } from '../adamUpdate';
import { kernel } from './kernel';

/** One update of a parameter tensor: [new p, new m, new v]. */
export const adam = kernel<'p' | 'g' | 'm' | 'v', AdamOptions>('Paired3dAdam', (call, { p, g, m, v }, options) => {
  const { learningRate, beta1, beta2, epsilon, step, weightDecay = 0 } = options;
  const made = [call.output(p.shape), call.output(p.shape), call.output(p.shape)];
  const [p1, m1, v1] = made.map((tensor) => call.at(tensor));
  const count = util.sizeFromShape(p.shape);
  call.kernels.adam(
    call.struct({ p: call.at(p), g: call.at(g), m: call.at(m), v: call.at(v), p1, m1, v1, count }),
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
    1 - learningRate * weightDecay,
    learningRate / (1 - beta1 ** step),
    Math.sqrt(1 - beta2 ** step),
    epsilon,
  );
  return made;
});
