import { util } from '@tensorflow/tfjs-core';
import { reachOf, stencilsOf, type SmoothnessWeights, type Stencil } from '../smoothness.stencils';
import { kernel } from './kernel';
import { each } from './program';
import { sums } from './sums';

/** The penalty on x [B, D, H, W, C], a scalar, and its gradient. */
export const smoothness = kernel<'x', SmoothnessWeights>('Paired3dSmoothness', (call, { x }, weights) => {
  const [batch, depth, height, width, channels] = x.shape;
  const [value, gradient] = [call.output([]), call.output(x.shape)];
  const size = util.sizeFromShape(x.shape);
  const stencils = stencilsOf([depth, height, width], weights);
  const factors = stencils.map((stencil) => {
    const reach = reachOf(stencil);
    return stencil.factor / (batch * channels * (depth - reach[0]) * (height - reach[1]) * (width - reach[2]));
  });
  const shared = {
    reads: { x },
    integers: { depth, height, width, channels },
    floats: Object.fromEntries([
      ...factors.map((factor, s) => [`factor${s}`, factor]),
      ...stencils.flatMap((stencil, s) => stencil.weights.map((weight, p) => [`weight${s}_${p}`, weight])),
    ]),
  };
  const differences = PLACES + stencils.map(differenceOf).join('\n');
  const squares = stencils.map((_, s) => `let d${s} = difference${s}(voxel, c); sum += u.factor${s} * d${s} * d${s};`);
  const term = `${differences}
fn term(o: i32, i: i32, ignored: i32) -> f32 {
  let voxel = voxelOf(i);
  let c = i % u.channels;
  var sum = 0.0;
  ${squares.join('\n  ')}
  return sum;
}`;
  sums(call, { name: 'energy', outer: 1, length: size, inner: 1, ...shared, code: term }, value);
  const parts = stencils.flatMap(({ places }, s) =>
    places.map(
      ([d, h, w], p) =>
        `sum += 2.0 * u.factor${s} * u.weight${s}_${p} * difference${s}(voxel - vec4i(0, ${d}, ${h}, ${w}), c);`,
    ),
  );
  const element = `${differences}
fn element(i: i32) {
  let voxel = voxelOf(i);
  let c = i % u.channels;
  var sum = 0.0;
  ${parts.join('\n  ')}
  gradient[i] = sum;
}`;
  call.run(each(size, { name: 'gradient', ...shared, writes: { gradient }, code: element }));
  return [value, gradient];
});

const PLACES = `
fn voxelOf(i: i32) -> vec4i {
  let voxel = i / u.channels;
  let plane = voxel / u.width / u.height;
  return vec4i(plane / u.depth, plane % u.depth, voxel / u.width % u.height, voxel % u.width);
}
fn valueAt(v: vec4i, c: i32) -> f32 {
  return x[(((v.x * u.depth + v.y) * u.height + v.z) * u.width + v.w) * u.channels + c];
}
`;

/** `differenceS(voxel, c)`: stencil S from that voxel on, 0 where it does not fit. */
function differenceOf(stencil: Stencil, s: number): string {
  const reach = reachOf(stencil);
  const terms = stencil.places.map(([d, h, w], p) => `u.weight${s}_${p} * valueAt(v + vec4i(0, ${d}, ${h}, ${w}), c)`);
  return `fn difference${s}(v: vec4i, c: i32) -> f32 {
  let end = vec3i(u.depth, u.height, u.width) - vec3i(${reach.join(', ')});
  if (any(v.yzw < vec3i(0)) || any(v.yzw >= end)) { return 0.0; }
  return ${terms.join(' + ')};
}`;
}
