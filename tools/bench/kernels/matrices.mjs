// Matrix products, attention and the nearest code.
import { bothWays, plain } from './case.mjs';

export const matrices = (engine) => [
  ...matMulCases(engine, { rows: 896, inner: 192, columns: 576, sizes: 'small' }),
  ...matMulCases(engine, { rows: 3328, inner: 512, columns: 1024, sizes: 'paper' }),
  ...matMulCases(engine, { batch: 12, rows: 448, inner: 32, columns: 448, sizes: 'small' }),
  ...matMulCases(engine, { batch: 12, rows: 448, inner: 448, columns: 32, sizes: 'small' }),
  ...attentionCases(engine, { heads: 12, length: 448, what: '6 heads, batch 2', sizes: 'small' }),
  ...attentionCases(engine, { heads: 4, length: 3328, what: '4 of 16 heads', sizes: 'paper' }),
  nearestCode(engine, { vectors: 1024, width: 8, sizes: 'small' }),
  nearestCode(engine, { vectors: 3328, width: 384, sizes: 'paper' }),
];

function matMulCases({ tf, ops }, { batch, rows, inner, columns, sizes }) {
  const shape = (m, n, transpose) => plain(...(batch ? [batch] : []), ...(transpose ? [n, m] : [m, n]));
  const variants = { NN: [false, false], NT: [false, true], TN: [true, false] };
  return Object.entries(variants).flatMap(([variant, [transposeA, transposeB]]) => {
    const [forward, both] = bothWays(tf, {
      name: `matMul ${variant}${batch ? ' batched' : ''}`,
      what: `${batch ? `${batch} x ` : ''}${rows} x ${inner} x ${columns}`,
      sizes,
      work: { flops: 2 * (batch ?? 1) * rows * inner * columns },
      inputs: { a: shape(rows, inner, transposeA), b: shape(inner, columns, transposeB) },
      dy: shape(rows, columns),
      f: (t) => ops.matMul(t.a, t.b, { transposeA, transposeB }),
      stock: (t) => tf.matMul(t.a, t.b, transposeA, transposeB),
      torch: { op: 'matmul', options: { transpose_a: transposeA, transpose_b: transposeB } },
      gradients: ['a', 'b'],
    });
    // The gradients of one variant are products of the other two.
    return variant === 'NT' ? [forward, both] : [forward];
  });
}

function attentionCases({ tf, ops }, { heads, length, what, sizes }) {
  const x = { shape: [heads, length, 32], scale: 2 };
  return bothWays(tf, {
    name: 'attention',
    what: `${what}, ${length} x 32`,
    sizes,
    work: { flops: 4 * heads * length ** 2 * 32 },
    // Five products of the backward pass beside the two of the forward.
    backwardWork: 3.5,
    inputs: { q: x, k: x, v: x },
    dy: x,
    f: (t) => ops.attention(t.q, t.k, t.v),
    torch: { op: 'attention' },
    gradients: ['q', 'k', 'v'],
  });
}

function nearestCode({ ops }, { vectors, width, sizes }) {
  const codes = 1024;
  return {
    name: 'nearestCode',
    what: `[${vectors},${width}] among ${codes}`,
    sizes,
    work: { flops: 2 * vectors * width * codes },
    inputs: { vectors: plain(vectors, width), codebook: plain(codes, width) },
    ours: (t) => [ops.nearestCode(t.vectors, t.codebook)],
    torch: { op: 'nearest_code', layouts: ['plain'] },
  };
}
