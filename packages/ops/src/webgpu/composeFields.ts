import { util } from '@tensorflow/tfjs-core';
import { kernel } from './kernel';
import { each } from './program';
import { scatter } from './scatter';
import { POINT_GRADIENT, SAMPLED, samplingSizes, SPREAD, trilinear } from './trilinear';

const BORDER = trilinear('displacement', { mode: 'linear', padding: 'border' });

/** a + b o (id + a), of fields [B, D, H, W, 3]; b may have another size. */
export const composeFields = kernel<'a' | 'b'>('Paired3dComposeFields', (call, { a, b }) => {
  const y = call.output(a.shape);
  call.run(
    each(util.sizeFromShape(a.shape), {
      name: 'follow',
      reads: { x: b, points: a },
      writes: { y },
      integers: samplingSizes(b, a),
      code: `${BORDER}${SAMPLED}
fn element(i: i32) { y[i] = points[i] + sampled(i / 3, i % 3); }`,
    }),
  );
  return y;
});

/** Gradients of a and of b. */
export const composeFieldsGrad = kernel<'dy' | 'a' | 'b'>('Paired3dComposeFieldsGrad', (call, { dy, a, b }) => {
  const [da, db] = [call.output(a.shape), call.output(b.shape)];
  const integers = samplingSizes(b, a);
  const count = util.sizeFromShape(dy.shape);
  scatter(call, { name: 'b', count, bound: dy, reads: { dy, points: a }, integers, code: BORDER + SPREAD }, db);
  call.run(
    each(count / 3, {
      name: 'a',
      reads: { dy, x: b, points: a },
      writes: { da },
      integers,
      code: `${BORDER}${POINT_GRADIENT}
fn element(p: i32) {
  let gradient = pointGradient(p);
  for (var i = 0; i < 3; i++) { da[3 * p + i] = dy[3 * p + i] + gradient[i]; }
}`,
    }),
  );
  return [da, db];
});
