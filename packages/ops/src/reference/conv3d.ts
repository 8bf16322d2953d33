import { at, forEachIndex, generate, host, type Host } from './host';

type Three = readonly [number, number, number];

/** The definition of a convolution, term by term. */
export function conv3dReference(x: Host, filter: Host, strides: Three, padding: Three): Host {
  const [batch, ...rest] = x.shape;
  const [kernelD, kernelH, kernelW, inputs, outputs] = filter.shape;
  const [d, h, w] = strides.map((s, i) => Math.floor((rest[i] + 2 * padding[i] - filter.shape[i]) / s) + 1);
  return generate([batch, d, h, w, outputs], (b, i, j, k, out) => {
    let sum = 0;
    for (let p = 0; p < kernelD; p++) {
      for (let q = 0; q < kernelH; q++) {
        for (let r = 0; r < kernelW; r++) {
          const [z, y, xx] = [
            i * strides[0] + p - padding[0],
            j * strides[1] + q - padding[1],
            k * strides[2] + r - padding[2],
          ];
          const from = at(x.shape, b, z, y, xx, 0);
          if (from < 0) continue;
          const tap = at(filter.shape, p, q, r, 0, out);
          for (let c = 0; c < inputs; c++) sum += x.data[from + c] * filter.data[tap + c * outputs];
        }
      }
    }
    return sum;
  });
}

/** The transposed convolution as it is defined: each input voxel adds its filter to the output. */
export function conv3dTransposeReference(
  x: Host,
  filter: Host,
  strides: Three,
  padding: Three,
  outputPadding: Three,
): Host {
  const [kernelD, kernelH, kernelW, outputs, inputs] = filter.shape;
  const size = strides.map((s, i) => (x.shape[i + 1] - 1) * s - 2 * padding[i] + filter.shape[i] + outputPadding[i]);
  const y = host([x.shape[0], ...size, outputs]);
  forEachIndex(x.shape.slice(0, 4), (b, i, j, k) => {
    const from = at(x.shape, b, i, j, k, 0);
    forEachIndex([kernelD, kernelH, kernelW], (p, q, r) => {
      const to = at(
        y.shape,
        b,
        i * strides[0] + p - padding[0],
        j * strides[1] + q - padding[1],
        k * strides[2] + r - padding[2],
        0,
      );
      if (to < 0) return;
      const tap = at(filter.shape, p, q, r, 0, 0);
      for (let out = 0; out < outputs; out++) {
        for (let c = 0; c < inputs; c++) y.data[to + out] += x.data[from + c] * filter.data[tap + out * inputs + c];
      }
    });
  });
  return y;
}
