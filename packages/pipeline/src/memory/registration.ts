import type { RegistrationConfig, Size3 } from '@paired3d/registration';
import { product, type Floats } from './floats';

/** Full-size fields in an update outside of the network and the integration: velocity, smoothing, images warped. */
const FIELDS = { training: 10, inference: 6 };
/** Images at once in an update. */
const IMAGES = 8;
/** Fields at hand in one squaring, beside those kept for the gradient: what comes in, what goes out. */
const SQUARING = 2;
/** Of the two compositions between two networks. */
const COMPOSITIONS = 2 * SQUARING;

/** Floats of a registration network on one pair: one of its networks at a time is trained, all of them register. */
export function registrationFloats(config: RegistrationConfig): Floats {
  const { size, steps, integrateAt, integrationSteps } = config;
  // Both directions lie along the batch; a field has three channels.
  const field = 2 * 3 * product(size);
  const pooled = config.smoothing.strides.reduce((total, stride) => total * stride ** config.spatialDims, 1);
  const grid = integrateAt === 'image' ? field : field / pooled;
  const upsampling = 1.5 * field;
  const integration = (integrationSteps + SQUARING) * grid + upsampling;
  // Of the regulariser along each axis: differences and their squares.
  const regulariser = 2 * 3 * grid;
  // Images beyond the one that the fields above count: both directions, warped and to be compared, and their gradients.
  const images = 2 * ((config.labels ?? 1) - 1) * product(size);
  const net = unetOf(config);
  return {
    weights: steps * net.weights,
    training: 2 * (net.values + integration + regulariser) + FIELDS.training * field + IMAGES * images,
    inference:
      steps * (net.values + integration + FIELDS.inference * field) +
      (steps - 1) * COMPOSITIONS * field +
      IMAGES * images,
  };
}

/** Values of the UNet: convolution and norm on the way down and up, and what is concatenated in between. */
function unetOf({ size, channels, strides, spatialDims, labels = 1 }: RegistrationConfig): {
  values: number;
  weights: number;
} {
  const kernel = 3 ** spatialDims;
  let level: Size3 = size;
  let [values, weights] = [2 * spatialDims * product(size), 0];
  channels.forEach((width, i) => {
    const above = channels[i - 1] ?? 2 * labels;
    level = level.map((n) => Math.ceil(n / (strides[i] ?? 1))) as unknown as Size3;
    values += 2 * product(level) * width * 6;
    weights += kernel * width * (above + 2 * width);
  });
  return { values, weights };
}
