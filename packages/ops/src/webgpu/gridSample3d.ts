import { util } from '@tensorflow/tfjs-core';
import { kernel } from './kernel';
import { each } from './program';
import { scatter } from './scatter';
import { POINT_GRADIENT, SAMPLED, samplingSizes, SPREAD, trilinear, type Sampling } from './trilinear';

/** x [B, D, H, W, C] at grid [B, d, h, w, 3]: [B, d, h, w, C]. A point that is not a number samples 0. */
export const gridSample3d = kernel<'x' | 'grid', Sampling>('Paired3dGridSample3d', (call, { x, grid }, sampling) => {
  const y = call.output([...grid.shape.slice(0, 4), x.shape[4]]);
  call.run(
    each(util.sizeFromShape(y.shape), {
      name: 'sample',
      reads: { x, points: grid },
      writes: { y },
      integers: samplingSizes(x, grid),
      code: `${trilinear('grid', sampling)}${SAMPLED}
fn element(i: i32) { y[i] = sampled(i / u.channels, i % u.channels); }`,
    }),
  );
  return y;
});

/** Gradients of x (a zero of shape [1] unless `needInput`) and of grid. */
export const gridSample3dGrad = kernel<'dy' | 'x' | 'grid', Sampling & { readonly needInput: boolean }>(
  'Paired3dGridSample3dGrad',
  (call, { dy, x, grid }, { needInput, ...sampling }) => {
    const [dx, dgrid] = [call.output(needInput ? x.shape : [1]), call.output(grid.shape)];
    const integers = samplingSizes(x, grid);
    const places = trilinear('grid', sampling);
    if (needInput) {
      const reads = { dy, points: grid };
      const count = util.sizeFromShape(dy.shape);
      scatter(call, { name: 'spread', count, bound: dy, reads, integers, code: places + SPREAD }, dx);
    } else {
      call.run(each(1, { name: 'zero', reads: {}, writes: { dx }, code: 'fn element(i: i32) { dx[i] = 0.0; }' }));
    }
    const points = util.sizeFromShape(grid.shape) / 3;
    if (sampling.mode === 'nearest') {
      const code = 'fn element(i: i32) { dgrid[i] = 0.0; }';
      call.run(each(3 * points, { name: 'zero', reads: {}, writes: { dgrid }, code }));
      return [dx, dgrid];
    }
    call.run(
      each(points, {
        name: 'points',
        reads: { dy, x, points: grid },
        writes: { dgrid },
        integers,
        code: `${places}${POINT_GRADIENT}
fn element(p: i32) {
  let gradient = pointGradient(p);
  for (var a = 0; a < 3; a++) { dgrid[3 * p + a] = gradient[a]; }
}`,
      }),
    );
    return [dx, dgrid];
  },
);
