import { RegistrationError } from './errors';

/** Number of voxels along the tensor's spatial axes D, H, W (= the file's i, j, k), or a length along each of them. */
export type Size3 = readonly [number, number, number];

/** Everything that defines a {@link RegistrationNetwork}, but for its weights. */
export interface RegistrationConfig {
  /** 2 = one slice: size [1, H, W], kernels, pools and strides in the plane only, no displacement out of it. */
  readonly spatialDims: 2 | 3;
  /** Size of the images. */
  readonly size: Size3;
  /** Channels of an image: 1 (default) for a mask or a scan, more for maps of several labels, one channel each. */
  readonly labels?: number;
  /** Features on each level of the UNets, the bottom included. */
  readonly channels: readonly number[];
  /** Stride of each level but the bottom: one fewer than channels. */
  readonly strides: readonly number[];
  /** The velocity is `velocityScale * (tanh(net(a, b)) - tanh(net(b, a)))` before smoothing, in normalised units. */
  readonly velocityScale: number;
  /** Average pools of odd `width`, padding `(width - 1) / 2`, one after the other with these strides. */
  readonly smoothing: { readonly width: number; readonly strides: readonly number[] };
  /** Squaring steps of the exponential. */
  readonly integrationSteps: number;
  /**
   * `image` (the paper): the velocity is upsampled, then integrated at image size. `grid`: integrated on the pooled
   * grid, then upsampled: as good for smooth fields and far cheaper.
   */
  readonly integrateAt: 'image' | 'grid';
  /** `l1`: mean absolute difference (the paper). `ncc`: 1 - global normalised cross correlation. */
  readonly similarity: 'l1' | 'ncc';
  /** See {@link Regulariser} for the units: the paper's 0.5 belongs to `diffusion`, about 0.02 suits `bending`. */
  readonly regulariser: 'diffusion' | 'bending';
  /** Weight of the regulariser. */
  readonly regularisation: number;
  /** Number of networks, each registering what the ones before it left half way; 2 in the paper. */
  readonly steps: number;
}

/** The paper's sizes: 128 x 104 x 128 images (half of 256 x 208 x 256), two networks of 662,205 weights. */
export const PAPER_CONFIG: RegistrationConfig = {
  spatialDims: 3,
  size: [128, 104, 128],
  channels: [8, 16, 32, 64, 64, 64],
  strides: [2, 2, 1, 2, 1],
  velocityScale: 0.35,
  smoothing: { width: 7, strides: [2, 2, 1, 1] },
  integrationSteps: 12,
  integrateAt: 'image',
  similarity: 'l1',
  regulariser: 'diffusion',
  regularisation: 0.5,
  steps: 2,
};

/**
 * Fills in the paper's values and checks the whole.
 * @throws RegistrationError naming the first field that does not fit
 */
export function registrationConfig(options: Partial<RegistrationConfig>): RegistrationConfig {
  const config = { ...PAPER_CONFIG, ...options };
  const natural = (n: number) => Number.isInteger(n) && n > 0;
  const require = (field: string, ok: boolean, expected: string, got: unknown) => {
    if (ok) return;
    throw new RegistrationError(`registrationConfig ${field}`, expected, JSON.stringify(got), `change ${field}`);
  };
  require('spatialDims', config.spatialDims === 2 || config.spatialDims === 3, '2 or 3', config.spatialDims);
  require('size', config.size.length === 3 && config.size.every(natural), 'three positive integers', config.size);
  require('size', config.spatialDims === 3 || config.size[0] === 1, '[1, H, W] when spatialDims is 2', config.size);
  require('labels', natural(config.labels ?? 1), 'a positive integer', config.labels);
  require('channels', config.channels.length >= 2 &&
    config.channels.every(natural), 'two or more positive integers', config.channels);
  require('strides', config.strides.length === config.channels.length - 1 &&
    config.strides.every(
      (s) => s === 1 || s === 2,
    ), `${config.channels.length - 1} strides (one fewer than channels), each 1 or 2`, config.strides);
  require('velocityScale', config.velocityScale > 0 &&
    Number.isFinite(config.velocityScale), 'a positive number', config.velocityScale);
  const { width, strides } = config.smoothing;
  require('smoothing', natural(width) &&
    width % 2 === 1 &&
    strides.every(natural), 'an odd width and positive strides', config.smoothing);
  require('integrationSteps', natural(config.integrationSteps) &&
    config.integrationSteps <= 24, 'an integer from 1 to 24', config.integrationSteps);
  require('integrateAt', ['image', 'grid'].includes(config.integrateAt), "'image' or 'grid'", config.integrateAt);
  require('similarity', ['l1', 'ncc'].includes(config.similarity), "'l1' or 'ncc'", config.similarity);
  require('regulariser', ['diffusion', 'bending'].includes(
    config.regulariser,
  ), "'diffusion' or 'bending'", config.regulariser);
  require('regularisation', config.regularisation >= 0 &&
    Number.isFinite(config.regularisation), 'zero or more', config.regularisation);
  require('steps', natural(config.steps) && config.steps <= 8, 'an integer from 1 to 8', config.steps);
  const axes = config.spatialDims === 2 ? config.size.slice(1) : config.size;
  const reduction = config.strides.reduce((a, b) => a * b, 1);
  require('size', axes.every(
    (n) => n > reduction,
  ), `more than ${reduction} voxels along each axis, the product of strides`, config.size);
  return config;
}
