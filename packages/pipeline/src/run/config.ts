import { sampleOrders, sampleSchedules } from '@paired3d/absorbing-diffusion';
import { OPTIMISE_PRESETS, type OptimisePreset } from '@paired3d/registration';
import { z } from 'zod';
import { augmentPresets, type AugmentConfig } from '../data/augment';
import { folderConfigSchema, phantomConfigSchema, subjectsConfigSchema } from '../data/config';

const natural = z.number().int().positive();
const count = z.number().int().min(0);
const positive = z.number().positive();
const weight = z.number().min(0);
const share = z.number().min(0).max(1);
const oddNumber = natural.refine((n) => n % 2 === 1, 'Invalid input: expected an odd number');
const gainSchema = z
  .strictObject({ least: positive, most: positive, levels: natural })
  .superRefine(({ least, most }, context) => {
    if (most > least) return;
    const message = `Invalid input: expected more than least, ${least}, received ${most}`;
    context.addIssue({ code: 'custom', path: ['most'], message });
  });
/** true: compute again for the gradient what does not fit into memory */
const recompute = z.boolean().optional();

const field = z.strictObject({ knots: natural, sd: weight });

/** The name of an augmentation preset, or all its values. */
const augmentationSchema = z.union([
  z.enum(Object.keys(augmentPresets) as (keyof typeof augmentPresets)[]),
  z.strictObject({
    affine: weight,
    translation: weight,
    shared: field,
    moving: field,
    flip: z.boolean(),
    swap: z.boolean(),
    self: share,
    plain: share.optional(),
    amplitude: weight.optional(),
  }),
]);

const vqaeModelSchema = z.strictObject({
  coding: z.enum(['joint', 'separate']),
  network: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('monai'),
      channels: z.array(natural).min(1),
      strides: z.array(z.union([z.literal(1), z.literal(2)])),
    }),
    z.strictObject({
      kind: z.literal('patch'),
      encoder: z.array(natural).min(1),
      decoder: z.array(natural).min(1),
      context: count.optional(),
      template: z.boolean().optional(),
    }),
  ]),
  // Tokens are kept as 16-bit integers.
  codes: natural.max(32_768),
  codeDim: natural,
  quantizer: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('gradient'), beta: weight }),
    z.strictObject({ kind: z.literal('ema'), decay: z.number().min(0).max(1), restartBelow: weight }),
    z.strictObject({ kind: z.literal('fsq'), levels: z.array(natural.min(2)).min(1) }),
  ]),
  codebookWeight: weight,
  classWeights: z.tuple([positive, positive]),
  diceWeight: weight,
  diceSquares: z.boolean().optional(),
  recompute,
});

const transformer = { width: natural, depth: natural, heads: natural, feedForward: natural, recompute };

const denoiserSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('plain'), ...transformer, dropout: z.number().min(0).lt(1) }),
  z.strictObject({ kind: z.literal('patch'), ...transformer, tokenWidth: natural }),
]);

const registrationModelSchema = z.strictObject({
  channels: z.array(natural).min(2),
  strides: z.array(natural),
  velocityScale: positive,
  smoothing: z.strictObject({ width: natural, strides: z.array(natural) }),
  integrationSteps: natural,
  integrateAt: z.enum(['image', 'grid']),
  similarity: z.enum(['l1', 'ncc']),
  regulariser: z.enum(['diffusion', 'bending']),
  regularisation: weight,
  steps: natural,
});

/** Learning rate over the steps of a stage. */
const scheduleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant') }),
  /** linear warm-up, then half a cosine down to 0 */
  z.strictObject({ kind: z.literal('cosine'), warmup: count }),
  /** linear warm-up, then constant */
  z.strictObject({ kind: z.literal('warmup'), warmup: count }),
  /** the paper's: restarts after total / first steps, each period twice as long */
  z.strictObject({ kind: z.literal('restarts'), first: natural }),
]);

const training = { steps: natural, batch: natural, learningRate: positive, schedule: scheduleSchema };

/** 'adam' when absent: finished runs of versions without it stay as they are */
const optimiserSchema = z.enum(['adam', 'muon']).optional();

const optimisation = z.enum(['none', ...(Object.keys(OPTIMISE_PRESETS) as OptimisePreset[])]).default('none');

/** The whole configuration of a run. Unknown fields are refused. */
export const runConfigSchema = z.strictObject({
  /** 2 works on one-slice volumes [1, H, W] */
  spatialDims: z.union([z.literal(2), z.literal(3)]),
  seed: z.number().int(),
  source: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('phantom'), ...phantomConfigSchema.shape }),
    z.strictObject({ kind: z.literal('folder'), dataset: folderConfigSchema }),
    z.strictObject({ kind: z.literal('subjects'), dataset: subjectsConfigSchema }),
  ]),
  /** training pairs that are held out for validation: how many (the last ones), or which */
  validation: z.union([count, z.array(z.string())]),
  /** a voxel is foreground above this probability, when Dice is scored */
  diceThreshold: z.number().gt(0).lt(1),
  /** seconds between checkpoints */
  checkpointSeconds: positive,
  vqae: z.strictObject({
    model: vqaeModelSchema,
    ...training,
    /** what moves the matrices between images, latents and logits; the rest is moved by Adam */
    optimiser: optimiserSchema,
    /** edge of the random crops in voxels, null = whole grid */
    crop: natural.nullable(),
    augmentation: augmentationSchema,
  }),
  /**
   * How the moving scan of a pair is made of tokens. null: of tokens of its own (the paper). Else tokens stand for the
   * stationary velocity of the pair, and the moving scan is the fixed one moved by it, so that synthetic pairs are consistent by
   * construction.
   */
  motion: z
    .strictObject({
      /** edge, in cells of the autoencoder, of the block that a token stands for; velocities are interpolated between blocks */
      cells: natural.default(1),
      /** how far a pair moves, the mean length of its velocities: so many levels from `least` to `most` mm */
      gain: gainSchema,
      /** between two levels of a component of the velocity, in gains */
      step: positive,
      /** levels along x, y, z = k, j, i; odd, so that one of them is 0 */
      levels: z.tuple([oddNumber, oddNumber, oddNumber]),
      /** standard deviation, in blocks, of the Gaussian that smooths decoded velocities */
      smoothing: weight,
      /** the instance optimisation that finds the velocities of real pairs */
      optimise: z.enum(Object.keys(OPTIMISE_PRESETS) as OptimisePreset[]),
    })
    .nullable()
    .default(null),
  tokenize: z.strictObject({
    /** token grids a training pair: the pair itself and augmented ones */
    variants: natural,
    augmentation: augmentationSchema,
  }),
  diffusion: z.strictObject({
    model: denoiserSchema,
    ...training,
    weighting: z.enum(['reweighted-elbo', 'elbo']),
    /** what has a time of its own, and so is masked more or less than others: a pair, or each image of it */
    times: z.enum(['pair', 'image']).default('pair'),
    /** trains on token grids of augmented pairs made on the way, instead of those of the stage `tokens` */
    fresh: z.boolean().default(false),
    /** what moves the matrices between the embeddings and the head; the rest is moved by Adam */
    optimiser: optimiserSchema,
    beta2: z.number().gt(0).lt(1),
    weightDecay: weight,
  }),
  synthesize: z.strictObject({
    pairs: natural,
    /** denoising passes */
    steps: natural,
    temperature: positive,
    /** see `SampleOptions` of @paired3d/absorbing-diffusion */
    order: z.enum(sampleOrders).default('random'),
    noise: weight.default(0),
    schedule: z.enum(sampleSchedules).default('linear'),
    /** of the tokens of motion */
    motionSchedule: z.enum(sampleSchedules).default('geometric'),
    topP: z.number().gt(0).max(1).default(1),
    remask: z.number().min(0).lt(1).default(0),
    /** see `GibbsOptions` there; null (or absent): no such passes */
    gibbs: z.strictObject({ passes: natural, temperature: positive, background: positive }).nullish(),
    /** factor of the log odds of decoded scans, 1 when absent: sampled tokens agree less with their neighbours, and the decoder hedges */
    sharpness: positive.optional(),
    /**
     * share of the tokens of an augmented real pair that are kept, of its fixed scan and of its moving scan or motion; the
     * rest is sampled. When all of the fixed scan are, its synthetic pair has the scan itself.
     */
    given: z.strictObject({ fixed: share, moving: share }).default({ fixed: 0, moving: 0 }),
  }),
  registration: z.strictObject({
    model: registrationModelSchema,
    ...training,
    /** average pooling from the working grid to the registration's */
    pool: natural,
    augmentation: augmentationSchema,
    /** also train on the real pairs, the baseline that synthetic pairs must beat */
    baseline: z.boolean(),
    /** test-time adaptation; 0 iterations leave it out */
    tta: z.strictObject({ iterations: count, learningRate: positive }),
  }),
  evaluation: z
    .strictObject({
      /** the networks, after the stages that train them */
      networks: z.boolean().default(true),
      /** instance optimisation, on the working grid */
      optimise: optimisation,
      /** the same, started from the field of the network */
      refine: optimisation,
      /** validation: the training pairs that are held out, by which to choose settings */
      pairs: z.enum(['test', 'validation']).default('test'),
    })
    .default({ networks: true, optimise: 'none', refine: 'none', pairs: 'test' }),
});

/** A run as a person may write it. */
export type RunConfigInput = z.input<typeof runConfigSchema>;
/** A complete, validated configuration. */
export type RunConfig = z.output<typeof runConfigSchema>;
export type Schedule = z.output<typeof scheduleSchema>;
export type AugmentationChoice = z.output<typeof augmentationSchema>;

/** The values behind an augmentation of the configuration. */
export function augmentationOf(choice: AugmentationChoice): AugmentConfig {
  return typeof choice === 'string' ? augmentPresets[choice] : choice;
}
