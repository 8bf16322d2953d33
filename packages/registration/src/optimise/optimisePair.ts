import * as tf from '@tensorflow/tfjs-core';
import { adamUpdate, gaussianBlur3d, resize3d } from '@paired3d/ops';
import type { Size3 } from '../config';
import { RegistrationError } from '../errors';
import { readDisplacement, type HostDisplacement } from '../metrics';
import { affineOf, extentOf } from '../transform/grid';
import { Transform } from '../transform/transform';
import { checkPair, scaled, shrink, sizeFor, type ImageVolume, type Raster } from './images';
import { bothWays, objectiveLoss, smoothed, type Objective } from './objective';
import { recipeOf, type OptimisePreset, type OptimiseRecipe, type OptimiseStage } from './recipe';

const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
/** The units of a recipe along the frame's longest side. */
const UNITS = 256;
/** Milliseconds of work between two moments for timers and signals. */
const BREATH = 40;

/** The displacements of both directions, as {@link RegistrationNetwork} gives them, on the host. */
export interface HostDisplacements {
  /** Lives on the moving grid and pulls the fixed image. */
  readonly forward: HostDisplacement;
  /** Lives on the fixed grid and pulls the moving image. */
  readonly backward: HostDisplacement;
}

/** Where an optimisation is. */
export interface OptimiseProgress {
  /** From 1. */
  readonly stage: number;
  readonly stages: number;
  /** Of the whole, from 1. */
  readonly iteration: number;
  readonly iterations: number;
  /** Before this iteration's update: 0 = both images the same, 2 = unlike. */
  readonly loss: number;
}

/** Options of {@link optimisePair}. */
export interface OptimiseOptions {
  /** `accurate` by default. */
  readonly recipe?: OptimisePreset | OptimiseRecipe;
  /** Displacements to begin with, e.g. a network's; none by default. */
  readonly start?: HostDisplacements;
  /** Told after each iteration. */
  readonly onIteration?: (progress: OptimiseProgress) => void;
  /** Stops the optimisation: it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What an optimisation found. */
export interface Optimised extends HostDisplacements {
  /** Takes points of the fixed scan to those of the moving one, in RAS millimetres; `apply(moving)` lies over fixed. */
  readonly transform: Transform;
  /** The stationary velocity on the control grid, normalised: `forward` is exp(velocity), `backward` exp(-velocity). */
  readonly velocity: HostDisplacement;
  /** The loss of every iteration. */
  readonly losses: readonly number[];
}

/**
 * Registers two scans by optimising a stationary velocity field for them, without a trained network: global normalised
 * cross correlation in both directions, bending and diffusion energy, coarse to fine. Nothing about it is random: the
 * same scans give the same result on the same backend.
 *
 * Ashburner, A fast diffeomorphic image registration algorithm, NeuroImage 2007 (stationary velocities); Avants et al.,
 * Symmetric diffeomorphic image registration with cross-correlation, MedIA 2008 (the symmetric objective).
 *
 * @param fixed a mask or intensities
 * @param moving of the same shape: both cover one frame, voxel by voxel, whatever their affines say
 * @returns the transform, and the same as normalised displacements on the grid of control points
 * @throws RegistrationError when the scans do not fit each other, hold values that are not finite or are the same
 *   everywhere, or when the optimisation diverged
 */
export async function optimisePair(
  fixed: ImageVolume,
  moving: ImageVolume,
  options: OptimiseOptions = {},
): Promise<Optimised> {
  const recipe = recipeOf(options.recipe ?? 'accurate');
  const size = checkPair(fixed, moving);
  const affines = [affineOf(fixed), affineOf(moving)] as const;
  const extent = extentOf(affines[0], size);
  const rasters = [scaled(fixed, 'fixed'), scaled(moving, 'moving')] as const;
  const grid = sizeFor(recipe.controlPoints, extent, size);
  const unit = Math.max(...extent) / UNITS;
  // A single slice moves in its plane only.
  const scale = [2, 1, 0].map((axis) => (size[axis] === 1 ? 0 : (2 * unit) / extent[axis]));
  const descent = new Descent(grid, scale, recipe, options);
  try {
    const sizeOf = ({ resolution }: OptimiseStage) => sizeFor(resolution, extent, size);
    for (const stage of await descent.begin(rasters, sizeOf)) await descent.run(stage, rasters, sizeOf(stage));
    const { forward, backward, velocity } = await descent.found();
    if (![forward, backward].every(({ data }) => data.every(Number.isFinite))) {
      const advice = 'use a lower learningRate, or check the scans';
      throw new RegistrationError('optimisePair', 'an optimisation that converges', 'values beyond all bounds', advice);
    }
    const transform = Transform.ofDisplacements({ forward, backward }, { size, fixed: affines[0], moving: affines[1] });
    return { transform, forward, backward, velocity, losses: descent.losses };
  } finally {
    descent.dispose();
  }
}

type Rasters = readonly [fixed: Raster, moving: Raster];

/** The velocity of a pair, and how it is improved. */
class Descent {
  readonly losses: number[] = [];
  private velocity: tf.Tensor5D;
  private readonly toNormalised: tf.Tensor1D;
  private breathed = 0;
  private iterations = 0;

  constructor(
    grid: Size3,
    scale: readonly number[],
    private readonly recipe: OptimiseRecipe,
    private readonly options: OptimiseOptions,
  ) {
    this.toNormalised = tf.tensor1d([...scale]);
    this.velocity = options.start ? velocityOf(options.start, grid, scale) : tf.zeros([1, ...grid, 3]);
  }

  /** What is to be done from where the descent begins: every stage, or those that a good start leaves. */
  async begin(rasters: Rasters, sizeOf: (stage: OptimiseStage) => Size3): Promise<readonly OptimiseStage[]> {
    const { stages, warm } = this.recipe;
    let todo = stages;
    if (this.options.start && warm) {
      const stage = stages[warm.stage];
      if ((await this.difference(stage, rasters, sizeOf(stage))) < warm.difference) todo = stages.slice(warm.stage + 1);
      else this.replace(tf.zerosLike(this.velocity));
    }
    this.iterations = todo.reduce((sum, { iterations }) => sum + iterations, 0);
    return todo;
  }

  /** Runs one stage on the images of its resolution. */
  async run(stage: OptimiseStage, rasters: Rasters, size: Size3): Promise<void> {
    const objective = this.objectiveOf(stage, rasters, size);
    let state = [this.velocity.clone(), tf.zerosLike(this.velocity), tf.zerosLike(this.velocity)];
    try {
      for (let step = 1; step <= stage.iterations; step++) {
        const { value, next } = update(state, objective, stage, step);
        tf.dispose(state);
        state = next;
        await this.report(stage, value);
      }
      const [parameters] = state;
      this.replace(smoothed(parameters, stage));
    } finally {
      tf.dispose([objective.sources, objective.targets, ...state]);
    }
  }

  /** How the images of a stage differ under the velocity as it is. */
  private async difference(stage: OptimiseStage, rasters: Rasters, size: Size3): Promise<number> {
    const value = tf.tidy(() => {
      const objective = this.objectiveOf(stage, rasters, size);
      return objectiveLoss(this.velocity, objective, { ...stage, smoothing: 0, diffusion: 0, bending: 0 });
    });
    const [difference] = await value.data();
    value.dispose();
    return difference;
  }

  private objectiveOf(stage: OptimiseStage, [fixed, moving]: Rasters, size: Size3): Objective {
    const [sources, targets] = tf.tidy(() => {
      const [f, m] = [fixed, moving].map((raster) =>
        gaussianBlur3d(tf.tensor5d(shrink(raster, size).data, [1, ...size, 1]), stage.blur),
      );
      return [tf.concat([f, m], 0), tf.concat([m, f], 0)];
    });
    return { sources, targets, toNormalised: this.toNormalised, squarings: this.recipe.squarings };
  }

  private replace(velocity: tf.Tensor5D): void {
    this.velocity.dispose();
    this.velocity = velocity;
  }

  /** What was found, on the control grid. */
  async found(): Promise<Pick<Optimised, 'forward' | 'backward' | 'velocity'>> {
    const tensors = tf.tidy(() => {
      const both = bothWays(this.velocity, { toNormalised: this.toNormalised, ...this.recipe });
      return [...tf.split(both, 2), tf.mul(this.velocity, this.toNormalised)] as tf.Tensor5D[];
    });
    const [forward, backward, velocity] = await Promise.all(tensors.map(readDisplacement));
    tf.dispose(tensors);
    return { forward, backward, velocity };
  }

  dispose(): void {
    tf.dispose([this.velocity, this.toNormalised]);
  }

  private async report(stage: OptimiseStage, value: tf.Scalar): Promise<void> {
    const [loss] = await value.data();
    value.dispose();
    this.losses.push(loss);
    const { stages } = this.recipe;
    this.options.onIteration?.({
      stage: stages.indexOf(stage) + 1,
      stages: stages.length,
      iteration: this.losses.length,
      iterations: this.iterations,
      loss,
    });
    if (performance.now() - this.breathed > BREATH) {
      await new Promise<void>((resolve) => setTimeout(resolve));
      this.breathed = performance.now();
    }
    this.options.signal?.throwIfAborted();
  }
}

/** One step of Adam: `state` is the parameters and the moments. */
function update(
  state: readonly tf.Tensor[],
  objective: Objective,
  stage: OptimiseStage,
  step: number,
): { value: tf.Scalar; next: tf.Tensor5D[] } {
  const [parameters, m, v] = state as tf.Tensor5D[];
  const [value, ...next] = tf.tidy(() => {
    const lossOf = (p: tf.Tensor) => objectiveLoss(p as tf.Tensor5D, objective, stage);
    const { value: loss, grad } = tf.valueAndGrad(lossOf)(parameters);
    return [loss, ...adamUpdate(parameters, grad, m, v, { ...ADAM, learningRate: stage.learningRate, step })];
  });
  return { value: value as tf.Scalar, next: next as tf.Tensor5D[] };
}

/**
 * A velocity whose exponential is near to given displacements: exp(v) - exp(-v) = 2 v but for terms of third order.
 * @returns [1, ...grid, 3] in units of the recipe
 */
function velocityOf({ forward, backward }: HostDisplacements, grid: Size3, scale: readonly number[]): tf.Tensor5D {
  return tf.tidy(() => {
    const [f, b] = [forward, backward].map(({ data, size }) => tf.tensor5d(data, [1, ...size, 3]));
    const toUnits = tf.tensor1d(scale.map((factor) => (factor === 0 ? 0 : 1 / (2 * factor))));
    return resize3d(tf.mul(tf.sub(f, b), toUnits), [...grid]);
  });
}
