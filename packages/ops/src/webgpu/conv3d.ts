import type { TensorInfo } from '@tensorflow/tfjs-core';
import { phaseAxis, type PhaseAxis } from '../conv3d.phases';
import { kernel } from './kernel';
import { product } from './product';
import { splitsFor } from './product.tiles';

interface Geometry {
  readonly strides: readonly number[];
  readonly padding: readonly number[];
}

const AXES = ['D', 'H', 'W'] as const;

/** Three numbers under the names `nameD`, `nameH`, `nameW`. */
function named(name: string, values: readonly number[]): Record<string, number> {
  return Object.fromEntries(AXES.map((axis, i) => [name + axis, values[i]]));
}

function geometryOf(x: readonly number[], filter: readonly number[], y: readonly number[], geometry: Geometry) {
  return {
    ...named('size', x.slice(1, 4)),
    ...named('kernel', filter.slice(0, 3)),
    ...named('output', y.slice(1, 4)),
    ...named('stride', geometry.strides),
    ...named('padding', geometry.padding),
    channelsIn: filter[3],
    channelsOut: filter[4],
  };
}

/**
 * The matrix behind forward and filter gradient: `voxelOf` an output voxel is (first voxel of the sample, first input voxel
 * that its window covers), `tapOf` a place in the filter is (channel, tap), and where they meet lies `seen`.
 */
const WINDOW = `
fn voxelOf(i: i32) -> vec4i {
  let w = i % u.outputW;
  let h = i / u.outputW % u.outputH;
  let plane = i / u.outputW / u.outputH;
  let d = plane % u.outputD;
  return vec4i(
    plane / u.outputD * u.sizeD * u.sizeH * u.sizeW,
    d * u.strideD - u.paddingD,
    h * u.strideH - u.paddingH,
    w * u.strideW - u.paddingW,
  );
}
fn tapOf(i: i32) -> vec4i {
  let tap = i / u.channelsIn;
  let row = tap / u.kernelW;
  return vec4i(i % u.channelsIn, row / u.kernelH, row % u.kernelH, tap % u.kernelW);
}
fn seen(voxel: vec4i, tap: vec4i) -> f32 {
  let at = voxel.yzw + tap.yzw;
  if (any(at < vec3i(0)) || any(at >= vec3i(u.sizeD, u.sizeH, u.sizeW))) { return 0.0; }
  return x[(voxel.x + (at.x * u.sizeH + at.y) * u.sizeW + at.z) * u.channelsIn + tap.x];
}
`;

/** Forward convolution: [B, D, H, W, Cin] * [kD, kH, kW, Cin, Cout]. */
export const conv3d = kernel<'x' | 'filter', Geometry>('Paired3dConv3d', (call, { x, filter }, geometry) => {
  const { strides, padding } = geometry;
  const [channelsIn, channelsOut] = filter.shape.slice(3);
  const count = strides.map(
    (stride, i) => Math.floor((x.shape[i + 1] + 2 * padding[i] - filter.shape[i]) / stride) + 1,
  );
  const y = call.output([x.shape[0], ...count, channelsOut]);
  const spec = {
    name: 'forward',
    rows: x.shape[0] * count[0] * count[1] * count[2],
    columns: channelsOut,
    depth: filter.shape[0] * filter.shape[1] * filter.shape[2] * channelsIn,
    leftAlong: 'step',
    rightAlong: 'column',
    reads: { x, weights: filter },
    factors: ['x', 'weights'],
    integers: geometryOf(x.shape, filter.shape, y.shape, geometry),
    code: `${WINDOW}
fn rowOf(row: i32) -> vec4i { return voxelOf(row); }
fn stepOf(k: i32) -> vec4i { return tapOf(k); }
fn left(batch: i32, row: vec4i, step: vec4i) -> f32 { return seen(row, step); }
fn right(batch: i32, k: i32, column: i32) -> f32 { return weights[k * u.channelsOut + column]; }`,
  } as const;
  product(call, spec, y);
  return y;
});

/** Gradient of the filter: x [B, D, H, W, Cin], dy [B, d, h, w, Cout] to [kD, kH, kW, Cin, Cout]. */
export const conv3dBackpropFilter = kernel<'x' | 'dy', Geometry & { readonly filterShape: number[] }>(
  'Paired3dConv3dBackpropFilter',
  (call, { x, dy }, { filterShape, ...geometry }) => {
    const dw = call.output(filterShape);
    const [kD, kH, kW, channelsIn, channelsOut] = filterShape;
    const rows = kD * kH * kW * channelsIn;
    const depth = dy.shape.slice(0, 4).reduce((a, b) => a * b, 1);
    const spec = {
      name: 'filter',
      rows,
      columns: channelsOut,
      depth,
      splits: splitsFor(rows, channelsOut, depth),
      leftAlong: 'row',
      rightAlong: 'column',
      reads: { x, dy },
      factors: ['x', 'dy'],
      integers: geometryOf(x.shape, filterShape, dy.shape, geometry),
      code: `${WINDOW}
fn rowOf(row: i32) -> vec4i { return tapOf(row); }
fn stepOf(k: i32) -> vec4i { return voxelOf(k); }
fn left(batch: i32, row: vec4i, step: vec4i) -> f32 { return seen(step, row); }
fn right(batch: i32, k: i32, column: i32) -> f32 { return dy[k * u.channelsOut + column]; }`,
    } as const;
    product(call, spec, dw);
    return dw;
  },
);

/** Gradient of the input, and forward of the transposed convolution: dy [B, d, h, w, Cout] to [B, D, H, W, Cin]. */
export const conv3dBackpropInput = kernel<'dy' | 'filter', Geometry & { readonly inputShape: number[] }>(
  'Paired3dConv3dBackpropInput',
  (call, { dy, filter }, { inputShape, ...geometry }) => {
    const { strides, padding } = geometry;
    const dx = call.output(inputShape);
    const integers = geometryOf(inputShape, filter.shape, dy.shape, geometry);
    const axes = [0, 1, 2].map((axis) =>
      Array.from({ length: strides[axis] }, (_, phase) =>
        phaseAxis(phase, inputShape[axis + 1], filter.shape[axis], strides[axis], padding[axis]),
      ).filter(({ count }) => count > 0),
    );
    for (const d of axes[0])
      for (const h of axes[1])
        for (const w of axes[2]) {
          product(call, phaseProduct([d, h, w], inputShape, dy, filter, integers), dx);
        }
    return dx;
  },
);

/**
 * The input voxels of one phase of the strides: a convolution of stride 1 over dy with the taps that meet them. A phase
 * that no tap meets is a sum of nothing, which writes its zeros.
 */
function phaseProduct(
  along: readonly PhaseAxis[],
  inputShape: readonly number[],
  dy: TensorInfo,
  filter: TensorInfo,
  integers: Record<string, number>,
) {
  const [channelsIn, channelsOut] = filter.shape.slice(3);
  return {
    name: 'input',
    rows: along.reduce((voxels, { count }) => voxels * count, inputShape[0]),
    columns: channelsIn,
    depth: along.reduce((taps, axis) => taps * axis.taps.length, channelsOut),
    leftAlong: 'step',
    rightAlong: 'step',
    placed: true,
    reads: { dy, weights: filter },
    factors: ['dy', 'weights'],
    integers: {
      ...integers,
      ...named(
        'count',
        along.map(({ count }) => count),
      ),
      ...named(
        'first',
        along.map(({ first }) => first),
      ),
      ...named(
        'start',
        along.map(({ start }) => start),
      ),
      ...named(
        'taps',
        along.map(({ taps }) => taps.length),
      ),
      ...named(
        'tap',
        along.map(({ taps }) => taps[0] ?? 0),
      ),
    },
    code: PHASE,
  } as const;
}

const PHASE = `
fn rowOf(row: i32) -> vec4i {
  let plane = row / u.countW / u.countH;
  return vec4i(plane / u.countD, plane % u.countD, row / u.countW % u.countH, row % u.countW);
}
fn stepOf(k: i32) -> vec4i {
  let t = k / u.channelsOut;
  let line = t / u.tapsW;
  return vec4i(k % u.channelsOut, line / u.tapsH, line % u.tapsH, t % u.tapsW);
}
fn left(batch: i32, row: vec4i, step: vec4i) -> f32 {
  let at = row.yzw + step.yzw + vec3i(u.startD, u.startH, u.startW);
  if (any(at < vec3i(0)) || any(at >= vec3i(u.outputD, u.outputH, u.outputW))) { return 0.0; }
  return dy[(((row.x * u.outputD + at.x) * u.outputH + at.y) * u.outputW + at.z) * u.channelsOut + step.x];
}
fn right(batch: i32, k: i32, column: i32) -> f32 {
  let step = stepOf(k);
  // Taps come in the order of falling places in the filter.
  let tap = vec3i(u.tapD, u.tapH, u.tapW) - step.yzw * vec3i(u.strideD, u.strideH, u.strideW);
  let at = (tap.x * u.kernelH + tap.y) * u.kernelW + tap.z;
  return weights[(at * u.channelsIn + column) * u.channelsOut + step.x];
}
fn place(row: i32, column: i32) -> i32 {
  let n = rowOf(row);
  let at = vec3i(u.firstD, u.firstH, u.firstW) + n.yzw * vec3i(u.strideD, u.strideH, u.strideW);
  return (((n.x * u.sizeD + at.x) * u.sizeH + at.y) * u.sizeW + at.z) * u.channelsIn + column;
}
`;
