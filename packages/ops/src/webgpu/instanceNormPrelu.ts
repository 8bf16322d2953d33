import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import { kernel } from './kernel';
import { each } from './program';
import { sums } from './sums';

const sizesOf = ({ shape: [batch, depth, height, width, channels] }: TensorInfo) => ({
  outer: batch,
  length: depth * height * width,
  inner: channels,
});

/** x [B, D, H, W, C], alpha [1] to [y, mean [B, C], rstd [B, C]]. */
export const instanceNormPrelu = kernel<'x' | 'alpha', { readonly epsilon: number }>(
  'Paired3dInstanceNormPrelu',
  (call, { x, alpha }, { epsilon }) => {
    const sizes = sizesOf(x);
    const { outer: batch, length: voxels, inner: channels } = sizes;
    const [y, mean, rstd] = [call.output(x.shape), call.output([batch, channels]), call.output([batch, channels])];
    const place = 'let at = (o * u.voxels + i) * u.channels + c;';
    const integers = { voxels, channels };
    const shared = { ...sizes, integers, floats: { count: voxels, epsilon } };
    const value = `fn term(o: i32, i: i32, c: i32) -> f32 { ${place} return x[at]; }`;
    sums(call, { name: 'mean', ...shared, reads: { x }, code: value, finish: 'total / u.count' }, mean);
    // From the mean, and not from the sum of squares, whose digits a large mean would take.
    const square = `fn term(o: i32, i: i32, c: i32) -> f32 {
  ${place}
  let centred = x[at] - mean[o * u.channels + c];
  return centred * centred;
}`;
    const finish = '1.0 / sqrt(total / u.count + u.epsilon)';
    sums(call, { name: 'rstd', ...shared, reads: { x, mean }, code: square, finish }, rstd);
    call.run(
      each(util.sizeFromShape(x.shape), {
        name: 'normalise',
        reads: { x, alpha, mean, rstd },
        writes: { y },
        integers,
        code: `fn element(i: i32) {
  let at = i / u.channels / u.voxels * u.channels + i % u.channels;
  let n = (x[i] - mean[at]) * rstd[at];
  y[i] = select(alpha[0] * n, n, n > 0.0);
}`,
      }),
    );
    return [y, mean, rstd];
  },
);

/** To [dx, dalpha [1]]. */
export const instanceNormPreluGrad = kernel<'dy' | 'x' | 'alpha' | 'mean' | 'rstd'>(
  'Paired3dInstanceNormPreluGrad',
  (call, { dy, x, alpha, mean, rstd }) => {
    const sizes = sizesOf(x);
    const { outer: batch, length: voxels, inner: channels } = sizes;
    const [dx, dalpha] = [call.output(x.shape), call.output([1])];
    // Of each sample and channel: the sums of dn, of dn n, and of what goes to alpha.
    const totals = call.scratch([batch, channels, 3]);
    const reads = { dy, x, alpha, mean, rstd };
    const integers = { voxels, channels };
    const gradient = `fn term(o: i32, i: i32, c: i32) -> vec3f {
  let at = (o * u.voxels + i) * u.channels + c;
  let n = (x[at] - mean[o * u.channels + c]) * rstd[o * u.channels + c];
  let dn = dy[at] * select(alpha[0], 1.0, n > 0.0);
  return vec3f(dn, dn * n, dy[at] * min(n, 0.0));
}`;
    sums(call, { name: 'sums', ...sizes, terms: 3, reads, integers, code: gradient }, totals);
    const toAlpha = 'fn term(o: i32, i: i32, c: i32) -> f32 { return totals[3 * i + 2]; }';
    const all = { outer: 1, length: batch * channels, inner: 1 };
    sums(call, { name: 'alpha', ...all, reads: { totals }, code: toAlpha }, dalpha);
    call.run(
      each(util.sizeFromShape(x.shape), {
        name: 'gradient',
        reads: { ...reads, totals },
        writes: { dx },
        integers,
        code: `fn element(i: i32) {
  let at = i / u.channels / u.voxels * u.channels + i % u.channels;
  let n = (x[i] - mean[at]) * rstd[at];
  let dn = dy[i] * select(alpha[0], 1.0, n > 0.0);
  dx[i] = (dn - (totals[3 * at] + n * totals[3 * at + 1]) / f32(u.voxels)) * rstd[at];
}`,
      }),
    );
    return [dx, dalpha];
  },
);
