import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { AdamOptions } from '../adamUpdate';
import { kernel } from './kernel';
import { each, type Program } from './program';

type Moment = Record<'p' | 'g' | 'm' | 'v', TensorInfo>;

/** One update of a parameter tensor: [new p, new m, new v]. */
export const adam = kernel<'p' | 'g' | 'm' | 'v', AdamOptions>('Paired3dAdam', (call, inputs, options) => {
  const [newP, newM, newV] = [0, 1, 2].map(() => call.output(inputs.p.shape));
  call.run(update(inputs, { newP, newM, newV }, options));
  return [newP, newM, newV];
});

/**
 * One update of the parameters p0, p1, … by the gradients g0, g1, …, whose moments lie one after the other in m and v: [new p0,
 * new p1, …, new m, new v]. A dispatch binds ten buffers or so: parameters and gradients are copied into one each, and back.
 */
export const adamAll = kernel<string, AdamOptions>('Paired3dAdamAll', (call, inputs, options) => {
  const { m, v } = inputs;
  const count = (Object.keys(inputs).length - 2) / 2;
  const all = (name: string) => Array.from({ length: count }, (_, i) => inputs[name + i]);
  const parameters = all('p');
  const places = placesOf(parameters);
  const [p, g] = [parameters, all('g')].map((tensors) => {
    const to = call.scratch(m.shape);
    call.copy(tensors.map((from, i) => ({ from, fromAt: 0, to, toAt: places[i], count: sizeOf(from) })));
    return to;
  });
  const newP = call.scratch(m.shape);
  const [newM, newV] = [call.output(m.shape), call.output(m.shape)];
  call.run(update({ p, g, m, v }, { newP, newM, newV }, options));
  const updated = parameters.map(({ shape }) => call.output(shape));
  call.copy(updated.map((to, i) => ({ from: newP, fromAt: places[i], to, toAt: 0, count: sizeOf(to) })));
  return [...updated, newM, newV];
});

const sizeOf = ({ shape }: TensorInfo): number => util.sizeFromShape(shape);

/** Where each begins when they lie one after the other. */
function placesOf(tensors: readonly TensorInfo[]): number[] {
  let at = 0;
  return tensors.map((tensor) => (at += sizeOf(tensor)) - sizeOf(tensor));
}

function update(reads: Moment, writes: Record<'newP' | 'newM' | 'newV', TensorInfo>, options: AdamOptions): Program {
  const { learningRate, beta1, beta2, epsilon, step, weightDecay = 0 } = options;
  return each(sizeOf(reads.p), {
    name: 'update',
    reads: { ...reads },
    writes,
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
  });
}
