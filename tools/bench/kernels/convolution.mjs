// Convolutions, plain and transposed, at the layers of the presets.
import { bothWays, count, filter, volume } from './case.mjs';

/** The paper's layers lie in crops of 64^3 instead of 128^3, one at a time. */
const LAYERS = [
  // size, channels, kernel, stride, sizes
  { size: [1, 64, 64, 64], from: 8, to: 8, sizes: 'reference' },
  { size: [2, 16, 13, 16], from: 16, to: 32, sizes: 'small' },
  { size: [1, 32, 32, 32], from: 16, to: 16, sizes: 'reference' },
  { size: [2, 16, 16, 16], from: 48, to: 48, sizes: 'small' },
  { size: [1, 32, 32, 32], from: 32, to: 32, sizes: 'reference' },
  { size: [1, 32, 32, 32], from: 48, to: 48, sizes: 'paper' },
  { size: [2, 8, 8, 8], from: 64, to: 64, sizes: 'small' },
  { size: [2, 16, 13, 16], from: 64, to: 64, sizes: 'small' },
  { size: [1, 64, 64, 64], from: 1, to: 8, sizes: 'reference' },
  { size: [1, 64, 64, 64], from: 2, to: 48, sizes: 'paper' },
  { size: [1, 64, 52, 64], from: 8, to: 3, sizes: 'reference' },
  { size: [2, 64, 52, 64], from: 2, to: 8, stride: 2, sizes: 'small' },
  { size: [1, 32, 32, 32], from: 64, to: 64, stride: 2, sizes: 'paper' },
  { size: [2, 32, 32, 32], from: 1, to: 64, kernel: 10, stride: 2, padding: 4, sizes: 'small' },
  { size: [2, 16, 16, 16], from: 64, to: 256, kernel: 2, stride: 2, padding: 0, sizes: 'small' },
  { size: [2, 16, 16, 16], from: 64, to: 64, kernel: 1, padding: 0, sizes: 'small' },
];

const TRANSPOSED = [
  { size: [2, 32, 26, 32], from: 16, to: 3, sizes: 'small' },
  { size: [2, 16, 13, 16], from: 32, to: 8, sizes: 'small' },
  { size: [2, 8, 8, 8], from: 64, to: 48, kernel: 2, padding: 0, sizes: 'small' },
  { size: [1, 32, 32, 32], from: 48, to: 48, sizes: 'paper' },
];

export const convolutions = (engine) => [
  ...LAYERS.flatMap((layer) => plainCases(engine, layer)),
  ...TRANSPOSED.flatMap((layer) => transposedCases(engine, layer)),
];

function plainCases({ tf, ops }, { size, from, to, kernel = 3, stride = 1, padding = 1, sizes }) {
  const x = volume(...size, from);
  const w = filter(kernel, kernel, kernel, from, to);
  const [batch, ...space] = size;
  const dy = volume(batch, ...space.map((n) => Math.floor((n + 2 * padding - kernel) / stride) + 1), to);
  const work = { flops: 2 * count(dy.shape) * kernel ** 3 * from };
  const common = { what: `[${x.shape}] -> ${to}`, sizes, work };
  const name = `conv3d ${[kernel, kernel, kernel].join('x')}${stride > 1 ? ` stride ${stride}` : ''}`;
  const attributes = { strides: [stride, stride, stride], padding: [padding, padding, padding] };
  // Stock pads as TensorFlow's `same`: the same thing at stride 1 only, where its kernel for dX is wrong.
  const stockHasIt = stride === 1;
  const stockAttributes = { strides: [1, 1, 1], pad: 'same' };
  const run = (kernelName, inputs, attrs) => [tf.engine().runKernel(kernelName, inputs, attrs)];
  const onePass = (mask, layout) => ({ op: 'conv3d_backward', options: { stride, padding, mask }, layouts: [layout] });
  const [forward, both] = bothWays(tf, {
    ...common,
    name,
    inputs: { x, filter: w },
    dy,
    f: (t) => ops.conv3d(t.x, t.filter, { strides: stride, padding }),
    ...(stockHasIt && { stock: (t) => tf.conv3d(t.x, t.filter, 1, 'same') }),
    torch: { op: 'conv3d', options: { stride, padding } },
    gradients: ['x', 'filter'],
  });
  const inputs = { x, filter: w, dy };
  const dX = {
    ...common,
    name: `${name}, dX`,
    inputs,
    ours: (t) =>
      run('Paired3dConv3dBackpropInput', { dy: t.dy, filter: t.filter }, { ...attributes, inputShape: x.shape }),
    stock: stockHasIt
      ? (t) => run('Conv3DBackpropInputV2', { dy: t.dy, filter: t.filter }, { ...stockAttributes, inputShape: x.shape })
      : null,
    torch: onePass([true, false, false], 'volume'),
  };
  const dW = {
    ...common,
    name: `${name}, dW`,
    inputs,
    ours: (t) => run('Paired3dConv3dBackpropFilter', { x: t.x, dy: t.dy }, { ...attributes, filterShape: w.shape }),
    stock: stockHasIt
      ? (t) => run('Conv3DBackpropFilterV2', { x: t.x, dy: t.dy }, { ...stockAttributes, filterShape: w.shape })
      : null,
    torch: onePass([false, true, false], 'filter'),
  };
  return [forward, dX, dW, { ...both, stock: null }];
}

function transposedCases({ tf, ops }, { size, from, to, kernel = 3, padding = 1, sizes }) {
  const stride = 2;
  const x = volume(...size, from);
  const [batch, ...space] = size;
  const dy = volume(batch, ...space.map((n) => stride * n), to);
  const outputPadding = stride + 2 * padding - kernel;
  return bothWays(tf, {
    name: `conv3dTranspose ${[kernel, kernel, kernel].join('x')} stride ${stride}`,
    what: `[${x.shape}] -> ${to}`,
    sizes,
    work: { flops: 2 * count(x.shape) * kernel ** 3 * to },
    inputs: { x, filter: filter(kernel, kernel, kernel, to, from) },
    dy,
    f: (t) => ops.conv3dTranspose(t.x, t.filter, { strides: stride, padding, outputPadding }),
    torch: { op: 'conv3d_transpose', options: { stride, padding, output_padding: outputPadding } },
    gradients: ['x', 'filter'],
  });
}
