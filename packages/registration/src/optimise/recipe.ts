import { RegistrationError } from '../errors';

/**
 * One stage of an optimisation. Lengths are in units of 1/256 of the frame's longest side: millimetres for a frame of
 * 256 mm, and a stage means the same for frames of every size.
 */
export interface OptimiseStage {
  /** Voxels of the images along the frame's longest side; images that are coarser stay as they are. */
  readonly resolution: number;
  /** Standard deviation of the Gaussian that blurs the images, in their voxels. */
  readonly blur: number;
  /** Standard deviation of the Gaussian that smooths the velocity, in control points. */
  readonly smoothing: number;
  readonly iterations: number;
  /** Of Adam, in units. */
  readonly learningRate: number;
  /** Weight of the velocity's diffusion energy, units and steps between control points. */
  readonly diffusion: number;
  /** Weight of its bending energy. */
  readonly bending: number;
}

/** Everything that defines an optimisation. */
export interface OptimiseRecipe {
  /** Control points of the velocity along the frame's longest side. */
  readonly controlPoints: number;
  /** Squaring steps of the exponential. */
  readonly squarings: number;
  readonly stages: readonly OptimiseStage[];
  /**
   * What becomes of a start: when the images of stage `stage` (from 0), laid over each other by it, differ by less than
   * `difference` (0 = the same, 2 = unlike), it is gone on with after that stage; else it is dropped. Without this every
   * start is taken, into the first stage.
   */
  readonly warm?: { readonly stage: number; readonly difference: number };
}

const stage = (
  resolution: number,
  blur: number,
  smoothing: number,
  iterations: number,
  learningRate: number,
  diffusion: number,
  bending: number,
): OptimiseStage => ({ resolution, blur, smoothing, iterations, learningRate, diffusion, bending });

/**
 * `fast`: 80 iterations on images of 64 voxels. `accurate`: 130, and 15 more on images of 128. `refine`: `fast` and the last
 * stage of `accurate`, without the coarse stages where a start is good enough.
 */
export const OPTIMISE_PRESETS = {
  fast: {
    controlPoints: 32,
    squarings: 5,
    stages: [
      stage(64, 4, 3, 20, 1.5, 0, 0),
      stage(64, 2, 2, 20, 0.7, 5e-4, 0.02),
      stage(64, 1, 1.5, 20, 0.7, 5e-4, 0.05),
      stage(64, 0, 1, 20, 0.7, 5e-4, 0.1),
    ],
  },
  accurate: {
    controlPoints: 32,
    squarings: 5,
    stages: [
      stage(64, 4, 3, 30, 1, 0, 0),
      stage(64, 2, 2, 30, 0.5, 5e-4, 0.02),
      stage(64, 1, 1.5, 30, 0.5, 5e-4, 0.05),
      stage(64, 0, 1, 40, 0.5, 5e-4, 0.1),
      stage(128, 0.7, 1, 15, 0.5, 5e-4, 0.1),
    ],
  },
  refine: {
    controlPoints: 32,
    squarings: 5,
    warm: { stage: 1, difference: 0.04 },
    stages: [
      stage(64, 4, 3, 20, 1.5, 0, 0),
      stage(64, 2, 2, 20, 0.7, 5e-4, 0.02),
      stage(64, 1, 1.5, 20, 0.7, 5e-4, 0.05),
      stage(64, 0, 1, 20, 0.7, 5e-4, 0.1),
      stage(128, 0.7, 1, 15, 0.5, 5e-4, 0.1),
    ],
  },
} as const satisfies Record<string, OptimiseRecipe>;

/** Names of {@link OPTIMISE_PRESETS}. */
export type OptimisePreset = keyof typeof OPTIMISE_PRESETS;

/**
 * The recipe of that name, or the given one, checked.
 * @throws RegistrationError naming the first field that does not fit
 */
export function recipeOf(recipe: OptimisePreset | OptimiseRecipe): OptimiseRecipe {
  const names = Object.keys(OPTIMISE_PRESETS);
  if (typeof recipe === 'string') {
    require('preset', names.includes(recipe), names.join(' or '), recipe);
    return OPTIMISE_PRESETS[recipe];
  }
  const { controlPoints, squarings, stages, warm } = recipe;
  require('controlPoints', whole(controlPoints, 2, 256), 'a whole number from 2 to 256', controlPoints);
  require('squarings', whole(squarings, 0, 24), 'a whole number from 0 to 24', squarings);
  require('stages', stages.length > 0, 'one stage or more', stages.length);
  if (warm) {
    require('warm.stage', whole(warm.stage, 0, stages.length - 1), `a stage, 0 to ${stages.length - 1}`, warm.stage);
    require('warm.difference', warm.difference >= 0, 'a number of at least 0', warm.difference);
  }
  for (const { resolution, iterations, learningRate, ...rest } of stages) {
    require('resolution', whole(resolution, 2, 4096), 'a whole number from 2 to 4096', resolution);
    require('iterations', whole(iterations, 1, 1e6), 'a whole number from 1', iterations);
    require('learningRate', learningRate > 0 && Number.isFinite(learningRate), 'a number above 0', learningRate);
    for (const [name, value] of Object.entries(rest)) {
      require(name, value >= 0 && Number.isFinite(value), 'a number of at least 0', value);
    }
  }
  return recipe;
}

const whole = (n: number, least: number, most: number): boolean => Number.isInteger(n) && n >= least && n <= most;

function require(field: string, ok: boolean, expected: string, got: unknown): void {
  if (!ok) throw new RegistrationError(`optimisePair ${field}`, expected, JSON.stringify(got), `change ${field}`);
}
