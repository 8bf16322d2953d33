// Norms, activations, losses, look-ups and the optimiser: bound by memory rather than by arithmetic.
import { bothWays, bytesOf, plain, volume } from './case.mjs';

export const rows = (engine) => [
  ...instanceNormCases(engine, { size: [2, 32, 26, 32, 8], sizes: 'small' }),
  ...instanceNormCases(engine, { size: [2, 8, 7, 8, 64], sizes: 'small' }),
  ...instanceNormCases(engine, { size: [1, 64, 64, 64, 48], sizes: 'paper' }),
  ...unary(engine, 'prelu', { size: [2, 16, 16, 16, 64], alpha: true, sizes: 'small' }),
  ...unary(engine, 'gelu', { size: [896, 384], sizes: 'small' }),
  ...unary(engine, 'gelu', { size: [3328, 1024], sizes: 'paper' }),
  ...layerNormCases(engine, { size: [896, 192], sizes: 'small' }),
  ...layerNormCases(engine, { size: [3328, 512], sizes: 'paper' }),
  softmax(engine, { size: [5376, 448], sizes: 'small' }),
  softmax(engine, { size: [3328, 3328], sizes: 'paper' }),
  ...weightedCrossEntropyCases(engine, { size: [65536, 2], sizes: 'small' }),
  ...weightedCrossEntropyCases(engine, { size: [262144, 2], sizes: 'paper' }),
  ...crossEntropyCases(engine, { size: [6656, 1024], sizes: 'small' }),
  ...embeddingCases(engine, { table: [1025, 32], ids: 13312, sizes: 'small' }),
  ...embeddingCases(engine, { table: [1025, 512], ids: 3328, sizes: 'paper' }),
  adam(engine, { size: [110592], sizes: 'small' }),
  adam(engine, { size: [1024, 512], sizes: 'paper' }),
];

function instanceNormCases({ tf, ops }, { size, sizes }) {
  const x = volume(...size);
  return bothWays(tf, {
    name: 'instanceNormPrelu',
    what: `[${size}]`,
    sizes,
    work: { bytes: bytesOf(x, x) },
    backwardWork: 2.5,
    inputs: { x, alpha: plain(1) },
    dy: x,
    f: (t) => ops.instanceNormPrelu(t.x, t.alpha),
    torch: { op: 'instance_norm_prelu' },
    gradients: ['x', 'alpha'],
  });
}

/** Activations: `prelu` and `gelu`. */
function unary({ tf, ops }, name, { size, alpha, sizes }) {
  const x = size.length === 5 ? volume(...size) : plain(...size);
  return bothWays(tf, {
    name,
    what: `[${size}]`,
    sizes,
    work: { bytes: bytesOf(x, x) },
    backwardWork: 2.5,
    inputs: { x, ...(alpha && { alpha: plain(1) }) },
    dy: x,
    f: (t) => ops[name](t.x, t.alpha),
    torch: { op: name },
    gradients: alpha ? ['x', 'alpha'] : ['x'],
  });
}

function layerNormCases({ tf, ops }, { size, sizes }) {
  const x = plain(...size);
  return bothWays(tf, {
    name: 'layerNorm',
    what: `[${size}]`,
    sizes,
    work: { bytes: bytesOf(x, x) },
    backwardWork: 2.5,
    inputs: { x, scale: plain(size[1]), offset: plain(size[1]) },
    dy: x,
    f: (t) => ops.layerNorm(t.x, t.scale, t.offset),
    torch: { op: 'layer_norm' },
    gradients: ['x', 'scale', 'offset'],
  });
}

/** A kernel inside attention, which has no public function of its own. */
function softmax({ tf }, { size, sizes }) {
  const x = { shape: size, scale: 4 };
  return {
    name: 'softmax, forward',
    what: `[${size}]`,
    sizes,
    work: { bytes: bytesOf(x, x) },
    inputs: { x },
    ours: (t) => [tf.engine().runKernel('Paired3dSoftmax', { x: t.x })],
    stock: (t) => [tf.softmax(t.x)],
    torch: { op: 'softmax', layouts: ['plain'] },
  };
}

function weightedCrossEntropyCases({ tf, ops }, { size, sizes }) {
  const logits = { shape: size, scale: 4 };
  return bothWays(tf, {
    name: 'weightedCrossEntropy',
    what: `[${size}]`,
    sizes,
    work: { bytes: bytesOf(logits, logits) },
    backwardWork: 2.5,
    inputs: { logits, targets: { shape: size, low: 0, scale: 1 }, weights: { shape: [size[1]], low: 1, scale: 2 } },
    dy: plain(),
    f: (t) => ops.weightedCrossEntropy(t.logits, t.targets, t.weights),
    torch: { op: 'weighted_cross_entropy' },
    gradients: ['logits'],
  });
}

function crossEntropyCases({ tf, ops }, { size, sizes }) {
  const logits = { shape: size, scale: 4 };
  return bothWays(tf, {
    name: 'crossEntropy',
    what: `[${size}]`,
    sizes,
    work: { bytes: bytesOf(logits) },
    backwardWork: 3,
    inputs: { logits, labels: { shape: [size[0]], dtype: 'int32', below: size[1] } },
    dy: plain(size[0]),
    f: (t) => ops.crossEntropy(t.logits, t.labels),
    torch: { op: 'cross_entropy' },
    gradients: ['logits'],
  });
}

function embeddingCases({ tf, ops }, { table, ids, sizes }) {
  const y = plain(ids, table[1]);
  return bothWays(tf, {
    name: 'embedding',
    what: `[${table}] at ${ids}`,
    sizes,
    work: { bytes: bytesOf(y, y) },
    backwardWork: 2,
    inputs: { table: plain(...table), ids: { shape: [ids], dtype: 'int32', below: table[0] } },
    dy: y,
    f: (t) => ops.embedding(t.table, t.ids),
    torch: { op: 'embedding' },
    gradients: ['table'],
  });
}

function adam({ ops }, { size, sizes }) {
  const options = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: 7 };
  const any = plain(...size);
  return {
    name: 'Adam',
    what: `[${size}]`,
    sizes,
    work: { bytes: 7 * bytesOf(any) },
    inputs: { p: any, g: any, m: any, v: { shape: size, low: 0.1, scale: 1 } },
    ours: (t) => ops.adamUpdate(t.p, t.g, t.m, t.v, options),
    torch: { op: 'adam', options: { learning_rate: 1e-3, step: 7 }, layouts: ['plain', 'plain', 'plain'] },
  };
}
