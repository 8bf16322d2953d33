import { util } from '@tensorflow/tfjs-core';
import { kernel } from './kernel';
import { each } from './program';

/** x [.., C] + bias [C]. */
export const addBias = kernel<'x' | 'bias'>('Paired3dAddBias', (call, { x, bias }) => {
  const y = call.output(x.shape);
  call.run(
    each(util.sizeFromShape(x.shape), {
      name: 'add',
      reads: { x, bias },
      writes: { y },
      integers: { channels: bias.shape[0] },
      code: 'fn element(i: i32) { y[i] = x[i] + bias[i % u.channels]; }',
    }),
  );
  return y;
});
