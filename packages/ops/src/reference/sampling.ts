import { generate, read, type Host } from './host';

function roundHalfToEven(x: number): number {
  const lower = Math.floor(x);
  return x - lower === 0.5 ? lower + (Math.abs(lower) % 2) : Math.round(x);
}

/** PyTorch's grid_sample with align_corners=False, point by point. */
export function gridSample3dReference(
  x: Host,
  grid: Host,
  mode: 'linear' | 'nearest',
  padding: 'zeros' | 'border',
): Host {
  const size = [x.shape[3], x.shape[2], x.shape[1]];
  return generate([...grid.shape.slice(0, 4), x.shape[4]], (b, i, j, k, c) => {
    const voxel = size.map((n, axis) => {
      const position = ((read(grid, b, i, j, k, axis) + 1) * n - 1) / 2;
      return padding === 'border' ? Math.min(n - 1, Math.max(0, position)) : position;
    });
    if (mode === 'nearest') {
      const [xx, yy, zz] = voxel.map(roundHalfToEven);
      return read(x, b, zz, yy, xx, c);
    }
    const lower = voxel.map(Math.floor);
    let sum = 0;
    for (let corner = 0; corner < 8; corner++) {
      const step = [corner & 1, (corner >> 1) & 1, corner >> 2];
      const weight = step.reduce(
        (w, s, axis) => w * (s ? voxel[axis] - lower[axis] : 1 - voxel[axis] + lower[axis]),
        1,
      );
      sum += weight * read(x, b, lower[2] + step[2], lower[1] + step[1], lower[0] + step[0], c);
    }
    return sum;
  });
}

export function identityGridReference(size: readonly number[], batch: number): Host {
  return generate([batch, ...size, 3], (_b, i, j, k, axis) => {
    const index = [k, j, i][axis];
    const n = [size[2], size[1], size[0]][axis];
    return (2 * index + 1) / n - 1;
  });
}

export function affineGridReference(theta: Host, size: readonly number[]): Host {
  const base = identityGridReference(size, 1);
  return generate([theta.shape[0], ...size, 3], (b, i, j, k, axis) => {
    let sum = read(theta, b, axis, 3);
    for (let column = 0; column < 3; column++) sum += read(theta, b, axis, column) * read(base, 0, i, j, k, column);
    return sum;
  });
}

export function alongAxisReference(x: Host, matrix: Host, axis: number): Host {
  const shape = x.shape.map((n, i) => (i === axis ? matrix.shape[0] : n));
  return generate(shape, (...index) => {
    let sum = 0;
    for (let n = 0; n < x.shape[axis]; n++) {
      sum += read(matrix, index[axis], n) * read(x, ...index.map((value, i) => (i === axis ? n : value)));
    }
    return sum;
  });
}

/** Trilinear interpolation from eight voxels, as PyTorch's interpolate with align_corners=False. */
export function resize3dReference(x: Host, size: readonly number[]): Host {
  return generate([x.shape[0], ...size, x.shape[4]], (b, i, j, k, c) => {
    const place = [i, j, k].map((index, axis) => Math.max(0, ((index + 0.5) * x.shape[axis + 1]) / size[axis] - 0.5));
    const lower = place.map(Math.floor);
    let sum = 0;
    for (let corner = 0; corner < 8; corner++) {
      const step = [corner & 1, (corner >> 1) & 1, corner >> 2];
      const weight = step.reduce(
        (w, s, axis) => w * (s ? place[axis] - lower[axis] : 1 - place[axis] + lower[axis]),
        1,
      );
      const voxel = step.map((s, axis) => Math.min(x.shape[axis + 1] - 1, lower[axis] + s));
      sum += weight * read(x, b, voxel[0], voxel[1], voxel[2], c);
    }
    return sum;
  });
}

/** The mean of each whole window, zeros outside the volume counted. */
export function avgPool3dReference(
  x: Host,
  size: readonly number[],
  strides: readonly number[],
  padding: readonly number[],
): Host {
  const out = size.map((k, i) => Math.floor((x.shape[i + 1] + 2 * padding[i] - k) / strides[i]) + 1);
  return generate([x.shape[0], ...out, x.shape[4]], (b, i, j, k, c) => {
    const start = [i, j, k].map((index, axis) => index * strides[axis] - padding[axis]);
    let sum = 0;
    for (let p = 0; p < size[0]; p++) {
      for (let q = 0; q < size[1]; q++) {
        for (let r = 0; r < size[2]; r++) sum += read(x, b, start[0] + p, start[1] + q, start[2] + r, c);
      }
    }
    return sum / (size[0] * size[1] * size[2]);
  });
}

/** One 3D kernel, the product of three normalised Gaussians. */
export function gaussianBlur3dReference(x: Host, sigma: readonly number[], padding: 'zeros' | 'replicate'): Host {
  const radius = sigma.map((s) => Math.floor(3 * s + 0.5));
  const kernels = sigma.map((s, axis) => {
    const values = Array.from({ length: 2 * radius[axis] + 1 }, (_, i) =>
      s > 0 ? Math.exp(-((i - radius[axis]) ** 2) / (2 * s * s)) : 1,
    );
    const sum = values.reduce((a, b) => a + b, 0);
    return values.map((value) => value / sum);
  });
  return generate(x.shape, (b, i, j, k, c) => {
    let sum = 0;
    kernels[0].forEach((wz, p) =>
      kernels[1].forEach((wy, q) =>
        kernels[2].forEach((wx, r) => {
          const voxel = [i + p - radius[0], j + q - radius[1], k + r - radius[2]];
          const inside =
            padding === 'zeros' ? voxel : voxel.map((v, axis) => Math.min(x.shape[axis + 1] - 1, Math.max(0, v)));
          sum += wz * wy * wx * read(x, b, inside[0], inside[1], inside[2], c);
        }),
      ),
    );
    return sum;
  });
}
