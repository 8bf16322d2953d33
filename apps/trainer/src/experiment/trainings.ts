import type { RunConfig } from '@paired3d/pipeline';

/** What a network of the table is trained on, and how that differs from the configuration. */
export interface Training {
  /** Its folder. */
  readonly id: string;
  /** In words, as a row's heading. */
  readonly title: string;
  readonly on: 'synthetic' | 'real';
  /** Where its grid lies between the configuration's working grid and the files. */
  readonly resolution: 'working' | 'doubled';
  /** The training whose weights it begins with. */
  readonly start?: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Landmark errors in mm that the paper gives: the network alone, and after 50 test-time iterations. */
  readonly published?: { readonly network: number; readonly tta: number };
}

/** Landmark error before registration in mm that the paper gives. */
export const PUBLISHED_BEFORE = 14.29;

/** Rows of the paper that are not trained here: it needs all of its pairs. */
export const PUBLISHED_ONLY = [
  { title: 'published: 97 real pairs', published: 3.93 },
  { title: 'published: 97 real pairs, + TTA', published: 2.46 },
] as const;

/** All motion comes from smooth random fields, between a real mask and itself. */
const selfOnly = { affine: 0.06, translation: 0.04, shared: { knots: 5, sd: 0.05 }, moving: { knots: 4, sd: 0.08 }, flip: true, swap: true, self: 1 }; // prettier-ignore

/** The trainings that a configuration allows, in the order of the table. */
export function trainingsOf(config: RunConfig): Training[] {
  const working = { resolution: 'working' } as const;
  const trainings: Training[] = [
    {
      id: 'real',
      title: 'real pairs',
      on: 'real',
      ...working,
      settings: { 'registration.augmentation': 'none' },
      published: { network: 10.61, tta: 3.52 },
    },
    { id: 'real-augmented', title: 'real pairs, augmented', on: 'real', ...working, settings: {} },
    {
      id: 'random-diffeomorphisms',
      title: 'random diffeomorphisms of real masks',
      on: 'real',
      ...working,
      settings: { 'registration.augmentation': selfOnly },
    },
    {
      id: 'synthetic',
      title: 'synthetic pairs',
      on: 'synthetic',
      ...working,
      settings: {},
      published: { network: 7.59, tta: 2.79 },
    },
  ];
  const finer = doubled(config);
  if (finer) {
    trainings.push({
      id: 'real-augmented-doubled',
      title: 'real pairs, augmented, gone on with at twice the resolution',
      on: 'real',
      resolution: 'doubled',
      start: 'real-augmented',
      settings: finer,
    });
  }
  return trainings;
}

/** Settings that double the grid of a configuration's networks and keep that of their velocities; none where files do not allow it. */
function doubled({ source, registration }: RunConfig): Record<string, unknown> | undefined {
  if (source.kind !== 'folder' || registration.pool !== 1) return undefined;
  const { pool } = source.dataset;
  if (typeof pool !== 'number' || pool % 2 !== 0) return undefined;
  return {
    'source.dataset.pool': pool / 2,
    'registration.model.smoothing.strides': [2, ...registration.model.smoothing.strides],
    'registration.learningRate': registration.learningRate / 3,
  };
}
