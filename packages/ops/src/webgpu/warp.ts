import { util } from '@tensorflow/tfjs-core';
import { kernel } from './kernel';
import { each } from './program';
import { POINT_GRADIENT, SAMPLED, samplingSizes, trilinear } from './trilinear';

const ZEROS = trilinear('displacement', { mode: 'linear', padding: 'zeros' });

/** image [B, D, H, W, 1] at p + displacement(p), zero outside. */
export const warp = kernel<'image' | 'displacement'>('Paired3dWarp', (call, { image, displacement }) => {
  const y = call.output([...displacement.shape.slice(0, 4), image.shape[4]]);
  call.run(
    each(util.sizeFromShape(y.shape), {
      name: 'warp',
      reads: { x: image, points: displacement },
      writes: { y },
      integers: samplingSizes(image, displacement),
      code: `${ZEROS}${SAMPLED}
fn element(i: i32) { y[i] = sampled(i / u.channels, i % u.channels); }`,
    }),
  );
  return y;
});

/** Gradient of the displacement. */
export const warpGrad = kernel<'dy' | 'image' | 'displacement'>(
  'Paired3dWarpGrad',
  (call, { dy, image, displacement }) => {
    const gradient = call.output(displacement.shape);
    call.run(
      each(util.sizeFromShape(displacement.shape) / 3, {
        name: 'gradient',
        reads: { dy, x: image, points: displacement },
        writes: { gradient },
        integers: samplingSizes(image, displacement),
        code: `${ZEROS}${POINT_GRADIENT}
fn element(p: i32) {
  let moved = pointGradient(p);
  for (var a = 0; a < 3; a++) { gradient[3 * p + a] = moved[a]; }
}`,
      }),
    );
    return gradient;
  },
);
