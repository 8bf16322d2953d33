// Sampling at points, pools and resizing: what registration does to fields and images.
import { bothWays, bytesOf, volume } from './case.mjs';

export const sampling = (engine) => [
  ...gridSampleCases(engine, { image: [2, 64, 52, 64, 1], padding: 'zeros', sizes: 'small' }),
  ...gridSampleCases(engine, { image: [2, 16, 13, 16, 3], padding: 'border', sizes: 'small' }),
  ...gridSampleCases(engine, { image: [2, 128, 104, 128, 1], padding: 'zeros', sizes: 'paper' }),
  ...gridSampleCases(engine, { image: [2, 128, 104, 128, 3], padding: 'border', sizes: 'paper' }),
  ...poolCases(engine, { field: [2, 64, 52, 64, 3], stride: 2, sizes: 'small' }),
  ...poolCases(engine, { field: [2, 16, 13, 16, 3], stride: 1, sizes: 'small' }),
  ...poolCases(engine, { field: [2, 128, 104, 128, 3], stride: 2, sizes: 'paper' }),
  ...poolCases(engine, { field: [2, 32, 26, 32, 3], stride: 1, sizes: 'paper' }),
  ...resizeCases(engine, { field: [2, 16, 13, 16, 3], size: [64, 52, 64], sizes: 'small' }),
  ...resizeCases(engine, { field: [2, 32, 26, 32, 3], size: [128, 104, 128], sizes: 'paper' }),
];

function gridSampleCases({ tf, ops }, { image, padding, sizes }) {
  const x = volume(...image);
  const [batch, depth, height, width] = image;
  // Points all over the volume and a little outside, but in the order of the voxels, as displacements leave them.
  const grid = { shape: [batch, depth, height, width, 3], displacement: 0.1 };
  return bothWays(tf, {
    name: `gridSample3d linear, ${padding}`,
    what: `[${image}]`,
    sizes,
    work: { bytes: bytesOf(x, grid, x) },
    inputs: { x, grid },
    dy: x,
    f: (t) => ops.gridSample3d(t.x, t.grid, { padding }),
    torch: { op: 'grid_sample', options: { padding } },
    gradients: ['x', 'grid'],
  });
}

function poolCases({ tf, ops }, { field, stride, sizes }) {
  const x = volume(...field);
  const [batch, ...space] = field.slice(0, 4);
  const y = volume(batch, ...space.map((n) => Math.floor((n - 1) / stride) + 1), field[4]);
  return bothWays(tf, {
    name: `avgPool3d 7x7x7 stride ${stride}`,
    what: `[${field}]`,
    sizes,
    work: { bytes: bytesOf(x, y) },
    backwardWork: 2,
    inputs: { x },
    dy: y,
    f: (t) => ops.avgPool3d(t.x, { size: 7, strides: stride, padding: 3 }),
    torch: { op: 'avg_pool', options: { size: 7, stride, padding: 3 } },
    gradients: ['x'],
  });
}

function resizeCases({ tf, ops }, { field, size, sizes }) {
  const x = volume(...field);
  const y = volume(field[0], ...size, field[4]);
  return bothWays(tf, {
    name: 'resize3d',
    what: `[${field}] -> [${size}]`,
    sizes,
    work: { bytes: bytesOf(x, y) },
    backwardWork: 2,
    inputs: { x },
    dy: y,
    f: (t) => ops.resize3d(t.x, size),
    torch: { op: 'resize', options: { size } },
    gradients: ['x'],
  });
}
