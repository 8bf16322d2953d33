import { generate, host, read, type Host } from './host';
import { gridSample3dReference, identityGridReference } from './sampling';

/** p + d(p) for every voxel centre p. */
function pointsOf(displacement: Host): Host {
  const [batch, ...size] = displacement.shape;
  const identity = identityGridReference(size.slice(0, 3), batch);
  return generate(displacement.shape, (...index) => read(identity, ...index) + read(displacement, ...index));
}

export function composeFieldsReference(a: Host, b: Host): Host {
  const moved = gridSample3dReference(b, pointsOf(a), 'linear', 'border');
  return generate(a.shape, (...index) => read(a, ...index) + read(moved, ...index));
}

export function exponentialFieldReference(velocity: Host, steps: number): Host {
  let field = host(
    velocity.shape,
    velocity.data.map((value) => value * 2 ** -steps),
  );
  for (let step = 0; step < steps; step++) field = composeFieldsReference(field, field);
  return field;
}

export function warp3dReference(image: Host, displacement: Host): Host {
  return gridSample3dReference(image, pointsOf(displacement), 'linear', 'zeros');
}

export function globalCorrelationReference(x: Host, y: Host, floor: number): Host {
  const [batch] = x.shape;
  const count = x.data.length / batch;
  const centred = ({ data }: Host, n: number) => {
    const values = data.slice(n * count, (n + 1) * count);
    const mean = values.reduce((a, b) => a + b, 0) / count;
    return values.map((value) => value - mean);
  };
  const product = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i], 0) / count;
  return generate([batch], (n) => {
    const [u, v] = [centred(x, n), centred(y, n)];
    return product(u, v) / Math.sqrt((product(u, u) + floor) * (product(v, v) + floor));
  });
}

/** Diffusion and bending energy, differences written out; `scale` along D, H, W. */
export function smoothnessReference(x: Host, diffusion: number, bending: number, scale: readonly number[]): Host {
  const difference = (y: Host, axis: number): Host =>
    generate(
      y.shape.map((n, i) => (i === axis ? Math.max(0, n - 1) : n)),
      (...index) => {
        const next = index.map((value, i) => (i === axis ? value + 1 : value));
        return scale[axis - 1] * (read(y, ...next) - read(y, ...index));
      },
    );
  const meanSquare = ({ data }: Host) =>
    data.length === 0 ? 0 : data.reduce((sum, value) => sum + value * value, 0) / data.length;
  let total = 0;
  for (const a of [1, 2, 3]) {
    total += diffusion * meanSquare(difference(x, a));
    total += bending * meanSquare(difference(difference(x, a), a));
    for (let b = a + 1; b <= 3; b++) total += 2 * bending * meanSquare(difference(difference(x, a), b));
  }
  return host([], [total]);
}
