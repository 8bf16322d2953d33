import { z } from 'zod';
import { PipelineError } from '../errors';
import type { Size3 } from './types';

const positive = z.number().int().positive();
const voxels = z.tuple([positive, positive, positive]).readonly();
const millimetres = z.number().positive();

const frameSchema = z.strictObject({
  /** Voxels of the box in which a scan is centred. */
  padTo: voxels,
  /** First voxel of that box which is kept. */
  start: z.tuple([z.number().int(), z.number().int(), z.number().int()]).readonly(),
  /** Voxels that are kept. */
  size: voxels,
});

/** Config of {@link folderSource}: how files are named and how a scan becomes a working grid. */
export const folderConfigSchema = z
  .strictObject({
    name: z.string().min(1).default('folder'),
    /** File name without `.nii` / `.nii.gz`, with `{case}` and `{image}` where those stand. */
    pattern: z
      .string()
      .refine((p) => p.includes('{case}') && p.includes('{image}'), 'a pattern with {case} and {image}')
      .default('case_{case}_{image}'),
    /** What `{image}` reads for the fixed and the moving scan. */
    images: z.tuple([z.string().min(1), z.string().min(1)]).default(['1', '2']),
    /** Names of the landmark files, with `{case}`; null = there are none of that kind. */
    landmarks: z
      .strictObject({ cropped: z.string().nullable(), exact: z.string().nullable() })
      .default({ cropped: 'case_{case}_cropped.csv', exact: 'case_{case}_exact.csv' }),
    /**
     * Which labels are foreground; `probability` keeps values between 0 and 1, as synthetic pairs are written. `{ each: n }`:
     * the labels 1 to n are told apart, and every voxel has one of them or 0.
     */
    labels: z
      .union([z.enum(['any', 'probability']), z.array(z.number()).min(1), z.strictObject({ each: positive.max(255) })])
      .default('any'),
    /** Rounds of 3 x 3 x 3 dilation, before resampling. */
    dilate: z.number().int().min(0).max(8).default(0),
    /** Resample a scan whose spacing is not `spacing` (within 3 %). false: every voxel is taken to have that size. */
    resample: z.boolean().default(true),
    /** Millimetres a voxel of the frame, one number or one for each of i, j, k. */
    spacing: z.union([millimetres, z.tuple([millimetres, millimetres, millimetres]).readonly()]).default(1),
    /** The canonical frame; null keeps each scan's own box, which then has to be the same for all. */
    frame: frameSchema.nullable().default({ padTo: [352, 256, 352], start: [48, 32, 48], size: [256, 208, 256] }),
    /** Average pooling from the frame to the working grid, one factor or one for each of i, j, k. */
    pool: z.union([positive, voxels]).default(4),
    /**
     * Training scans are kept at this many times the working grid's resolution too, and augmented there, before they are pooled:
     * interpolation on the working grid itself blurs and thickens what is as thin as a voxel. No more than the pooling leaves
     * ({@link oversampling}).
     */
    oversample: positive.max(8).default(1),
    /** Oddities of single cases: `slices` [first, end) along k are kept, counted in the file. */
    cases: z
      .record(
        z.string(),
        z.strictObject({
          slices: z
            .tuple([z.number().int().min(0), positive])
            .refine(([first, end]) => first < end, 'first < end')
            .optional(),
        }),
      )
      .default({}),
  })
  .refine(
    ({ frame, pool }) => frame === null || frame.size.every((n, a) => n % triple(pool)[a] === 0),
    'a frame whose size is divisible by pool',
  );

/** As a person writes it: everything is optional. */
export type FolderConfigInput = z.input<typeof folderConfigSchema>;
/** With every default filled in. */
export type FolderConfig = z.output<typeof folderConfigSchema>;

/** Config of {@link subjectsSource}: label maps of many subjects, of whom two by two make a pair. */
export const subjectsConfigSchema = z.strictObject({
  name: z.string().min(1).default('subjects'),
  /** A subject's label map below the folder, without `.nii` / `.nii.gz`, with `{subject}` once. */
  pattern: z
    .string()
    .refine((p) => p.split('{subject}').length === 2, 'a pattern with {subject} once')
    .default('OASIS_OAS1_{subject}_MR1/slice_seg24'),
  /** The labels 1 to n are told apart. */
  labels: positive.max(255).default(24),
  /** Voxels of a map; `[1, H, W]` for slices, files of H x W or H x W x 1. */
  size: voxels.default([1, 160, 192]),
  /** Millimetres a voxel, the same along all axes. */
  spacing: millimetres.default(1),
  /** Average pooling to the working grid, one factor or one for each axis. */
  pool: z.union([positive, voxels]).default(1),
  /** Subject n is registered to subject n + 1: the first pairs train, the last ones test, and no subject is in both. */
  pairs: z.strictObject({ train: positive, test: positive }).default({ train: 40, test: 20 }),
});

export type SubjectsConfigInput = z.input<typeof subjectsConfigSchema>;
export type SubjectsConfig = z.output<typeof subjectsConfigSchema>;

/** Config of {@link phantomSource}. */
export const phantomConfigSchema = z.strictObject({
  name: z.string().min(1).default('phantom'),
  /** Voxels of the grid; `[1, H, W]` is a 2D phantom in the plane of j (left-right) and k (head-foot). */
  size: voxels.default([48, 40, 48]),
  /** Millimetres a voxel, the same along all axes. */
  spacing: millimetres.default(4),
  /** Number of pairs. */
  cases: z
    .strictObject({ train: z.number().int().min(0), test: z.number().int().min(0) })
    .default({ train: 16, test: 6 }),
  seed: z.number().int().default(1),
  /** Mean length in mm of the displacement of a vessel point, on average over the cases. */
  meanDisplacement: z.number().min(0).default(12),
  /** Ratio between the largest and the smallest mean displacement of a case. */
  amplitudeRatio: z.number().min(1).default(2.5),
  /** Smallest distance between vessel tips, in voxels (1.6 times that in 2D): smaller = denser trees. */
  tipDistance: z.number().min(1).default(2.8),
  /** Radius of the thinnest vessels, in voxels. */
  tipRadius: z.number().positive().default(0.6),
  /** Landmarks a case. */
  landmarks: positive.default(100),
});

export type PhantomConfigInput = z.input<typeof phantomConfigSchema>;
export type PhantomConfig = z.output<typeof phantomConfigSchema>;

/** The largest factor up to `oversample` that divides the pooling along each axis: 1 where nothing is pooled. */
export function oversampling({ pool, oversample }: Pick<FolderConfig, 'pool' | 'oversample'>): number {
  const divides = (factor: number) => triple(pool).every((n) => n % factor === 0);
  let factor = oversample;
  while (!divides(factor)) factor--;
  return factor;
}

/** One number for all axes, or one for each. */
export function triple(value: number | Size3): Size3 {
  return typeof value === 'number' ? [value, value, value] : value;
}

/**
 * A config with its defaults.
 *
 * @throws PipelineError naming the first setting that does not fit, and how many more.
 */
export function parseConfig<S extends z.ZodType>(schema: S, input: unknown, where: string): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [first, ...others] = result.error.issues;
  const path = first.path.join('.');
  throw new PipelineError({
    where: path ? `${where}, ${path}` : where,
    expected: 'a setting that fits',
    got: `${first.message}${others.length ? ` (and ${others.length} more)` : ''}`,
    advice: 'correct the config',
    cause: result.error,
  });
}
