import { generate, host, read, type Host } from './host';

export function addBiasReference(x: Host, bias: Host): Host {
  return host(
    x.shape,
    x.data.map((value, i) => value + bias.data[i % bias.data.length]),
  );
}

export function preluReference(x: Host, alpha: Host): Host {
  return host(
    x.shape,
    x.data.map((value) => (value > 0 ? value : alpha.data[0] * value)),
  );
}

/** Mean and biased variance over space, in two passes. */
export function instanceNormReference(x: Host, epsilon: number): Host {
  const [batch, d, h, w, channels] = x.shape;
  const voxels = d * h * w;
  const flat = host([batch, voxels, channels], x.data);
  const moments = generate([batch, channels, 2], () => 0);
  for (let b = 0; b < batch; b++) {
    for (let c = 0; c < channels; c++) {
      let mean = 0;
      for (let i = 0; i < voxels; i++) mean += read(flat, b, i, c) / voxels;
      let variance = 0;
      for (let i = 0; i < voxels; i++) variance += (read(flat, b, i, c) - mean) ** 2 / voxels;
      moments.data.set([mean, variance], (b * channels + c) * 2);
    }
  }
  const y = generate(flat.shape, (b, i, c) => {
    return (read(flat, b, i, c) - read(moments, b, c, 0)) / Math.sqrt(read(moments, b, c, 1) + epsilon);
  });
  return host(x.shape, y.data);
}

/** Normalises each row `[.., C]`: the instance norm of a volume with one channel per row. */
export function layerNormReference(x: Host, scale: Host, offset: Host, epsilon: number): Host {
  const width = x.shape[x.shape.length - 1];
  const rows = x.data.length / width;
  const normalised = instanceNormReference(host([rows, 1, 1, width, 1], x.data), epsilon);
  return host(
    x.shape,
    normalised.data.map((value, i) => value * scale.data[i % width] + offset.data[i % width]),
  );
}

/** erf by its Taylor series, and by the continued fraction of erfc where the series cancels. */
export function erf(x: number): number {
  if (Math.abs(x) > 3) {
    let fraction = 0;
    for (let k = 60; k > 0; k--) fraction = k / 2 / (Math.abs(x) + fraction);
    return Math.sign(x) * (1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / (Math.abs(x) + fraction));
  }
  let term = x;
  let sum = x;
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

export function geluReference(x: Host): Host {
  return host(
    x.shape,
    x.data.map((value) => 0.5 * value * (1 + erf(value / Math.SQRT2))),
  );
}

interface Adam {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  step: number;
  weightDecay?: number;
}

/** `[p, m, v]` after one step, element by element. */
export function adamReference([p, g, m, v]: Host[], o: Adam): Host[] {
  const mNext = m.data.map((value, i) => o.beta1 * value + (1 - o.beta1) * g.data[i]);
  const vNext = v.data.map((value, i) => o.beta2 * value + (1 - o.beta2) * g.data[i] ** 2);
  const pNext = p.data.map((value, i) => {
    const mHat = mNext[i] / (1 - o.beta1 ** o.step);
    const vHat = vNext[i] / (1 - o.beta2 ** o.step);
    return (
      value - o.learningRate * (o.weightDecay ?? 0) * value - (o.learningRate * mHat) / (Math.sqrt(vHat) + o.epsilon)
    );
  });
  return [pNext, mNext, vNext].map((data) => host(p.shape, data));
}
