import { generate, host, read, type Host } from './host';

/** Rank 2 or 3, each factor transposed if asked. */
export function matMulReference(a: Host, b: Host, transposeA: boolean, transposeB: boolean): Host {
  const [batch, ...rest] = a.shape.length === 3 ? a.shape : [1, ...a.shape];
  const [rows, inner] = transposeA ? [rest[1], rest[0]] : rest;
  const columns = b.shape[b.shape.length - (transposeB ? 2 : 1)];
  const a3 = host([batch, ...rest], a.data);
  const b3 = host([batch, ...b.shape.slice(-2)], b.data);
  const y = generate([batch, rows, columns], (n, i, j) => {
    let sum = 0;
    for (let k = 0; k < inner; k++) {
      sum +=
        (transposeA ? read(a3, n, k, i) : read(a3, n, i, k)) * (transposeB ? read(b3, n, j, k) : read(b3, n, k, j));
    }
    return sum;
  });
  return a.shape.length === 3 ? y : host([rows, columns], y.data);
}

/** Softmax over the last axis. */
export function softmaxReference(x: Host): Host {
  const width = x.shape[x.shape.length - 1];
  const y = host(x.shape);
  for (let start = 0; start < x.data.length; start += width) {
    const row = x.data.subarray(start, start + width);
    const largest = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const sum = row.reduce((a, b) => a + Math.exp(b - largest), 0);
    row.forEach((value, i) => (y.data[start + i] = Math.exp(value - largest) / sum));
  }
  return y;
}

/** Attention from the whole matrix of weights. */
export function attentionReference(q: Host, k: Host, v: Host): Host {
  const scores = matMulReference(q, k, false, true);
  const scaled = host(
    scores.shape,
    scores.data.map((s) => s / Math.sqrt(q.shape[2])),
  );
  return matMulReference(softmaxReference(scaled), v, false, false);
}

export function squaredDistance(vectors: Host, codebook: Host, n: number, code: number): number {
  let sum = 0;
  for (let c = 0; c < vectors.shape[1]; c++) sum += (read(vectors, n, c) - read(codebook, code, c)) ** 2;
  return sum;
}

export function nearestCodeReference(vectors: Host, codebook: Host): Host {
  const y = generate([vectors.shape[0]], (n) => {
    let best = 0;
    for (let code = 1; code < codebook.shape[0]; code++) {
      if (squaredDistance(vectors, codebook, n, code) < squaredDistance(vectors, codebook, n, best)) best = code;
    }
    return best;
  });
  return host(y.shape, y.data, 'int32');
}

export function embeddingReference(table: Host, ids: Host): Host {
  const width = table.shape[1];
  return host(
    [...ids.shape, width],
    Array.from(ids.data).flatMap((id) => Array.from({ length: width }, (_, c) => read(table, id, c))),
  );
}
