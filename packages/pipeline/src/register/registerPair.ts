import { avgPool3d } from '@paired3d/ops';
import {
  dice,
  readDisplacement,
  Transform,
  type HostDisplacement,
  type HostDisplacements,
  type OptimisePreset,
  type OptimiseRecipe,
  type RegistrationNetwork,
} from '@paired3d/registration';
import * as tf from '@tensorflow/tfjs-core';
import { workingAffine } from '../data/workingAffine';
import type { Size3 } from '../data/types';
import { PipelineError } from '../errors';
import { pause } from '../pause';
import { optimisePrepared } from '../stages/evaluate';
import { scoreDisplacements } from '../stages/scoring';
import type { ScanPair } from './scanPair';

/** The ways to register a pair: all but `optimise` need a trained network. */
export const registerMethods = ['optimise', 'network', 'network+tta', 'network+optimise'] as const;
export type RegisterMethod = (typeof registerMethods)[number];

/** What a registration reached. */
export interface Registered {
  readonly method: RegisterMethod;
  readonly diceBefore: number;
  readonly diceAfter: number;
  /** Percentage of folded voxels. */
  readonly folding: number;
  /** mm, mean */
  readonly inverseConsistency: number;
  /** Of the registration, without reading and writing. */
  readonly seconds: number;
}

/** A registration, and what its report shows. */
export interface RegisteredPair {
  readonly registered: Registered;
  /** mm, one for each exact landmark, of a pair that has them. */
  readonly errors?: readonly number[];
  readonly transform: Transform;
  /** On the fixed grid, normalised. */
  readonly backward: HostDisplacement;
  /** The moving image laid over the fixed one, on the working grid. */
  readonly warped: Float32Array;
}

/** Where a registration is: iterations of the adaptation or of the optimisation. */
export interface RegisterProgress {
  /** From 1. */
  readonly iteration: number;
  readonly iterations: number;
  /** Before this iteration's update. */
  readonly loss: number;
}

export interface RegisterSettings {
  readonly method: RegisterMethod;
  readonly preset: OptimisePreset | OptimiseRecipe;
  /** Iterations of test-time adaptation. */
  readonly tta: number;
  readonly learningRate: number;
  readonly diceThreshold: number;
  /** Told after each iteration. */
  readonly onIteration?: (progress: RegisterProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Registers a pair of scans and scores the result.
 *
 * @param network what the methods with a network use
 * @throws PipelineError when the working grid is not the network's; the signal's reason when aborted
 */
export async function registerPair(
  { pair, geometry, affines }: Omit<ScanPair, 'volumes'>,
  network: RegistrationNetwork | undefined,
  settings: RegisterSettings,
): Promise<RegisteredPair> {
  const start = performance.now();
  const displacements = await displace(pair, network, settings);
  const seconds = (performance.now() - start) / 1000;

  const [fixed, moving] = [pair.fixed, pair.moving].map((data) => tf.tensor5d(data, [1, ...pair.size, 1]));
  const { diceThreshold, method } = settings;
  const { result, image } = await scoreDisplacements(pair, { fixed, moving }, displacements, diceThreshold).finally(
    () => tf.dispose([fixed, moving]),
  );
  const { folding, inverseConsistency } = result;
  const diceBefore = dice(pair.fixed, pair.moving, diceThreshold);
  const registered = { method, diceBefore, diceAfter: result.dice, folding, inverseConsistency, seconds };
  const [onFixed, onMoving] = [affines.fixed, affines.moving].map((affine) => workingAffine(affine, geometry));
  const transform = Transform.ofDisplacements(displacements, { size: pair.size, fixed: onFixed, moving: onMoving });
  return { registered, errors: result.exact, transform, backward: displacements.backward, warped: image };
}

/** Finds the displacements of a pair. */
async function displace(
  pair: ScanPair['pair'],
  network: RegistrationNetwork | undefined,
  settings: RegisterSettings,
): Promise<HostDisplacements> {
  const { method, preset, onIteration, signal } = settings;
  const start = network && (await networkDisplacements(network, pair, settings));
  if (start && method !== 'network+optimise') return start;
  return optimisePrepared(pair, { recipe: preset, start, onIteration, signal });
}

async function networkDisplacements(
  network: RegistrationNetwork,
  pair: ScanPair['pair'],
  { method, tta, learningRate, onIteration: tell, signal }: RegisterSettings,
): Promise<HostDisplacements> {
  const pool = [...poolingTo(network.config.size, pair.size, pair.id)] as [number, number, number];
  const image = (data: Float32Array): tf.Tensor5D =>
    tf.tidy(() => avgPool3d(tf.tensor5d(data, [1, ...pair.size, 1]), { size: pool }));
  const [fixed, moving] = [image(pair.fixed), image(pair.moving)];
  const iterations = method === 'network+tta' ? tta : 0;
  try {
    const { forward, backward } = iterations
      ? await network.adaptToPair(fixed, moving, {
          iterations,
          learningRate,
          signal,
          onIteration({ iteration, losses }) {
            tell?.({ iteration, iterations, loss: losses.reduce((sum, { total }) => sum + total, 0) });
            return pause(); // signals are heard only then
          },
        })
      : network.displacement(fixed, moving);
    const read = { forward: await readDisplacement(forward), backward: await readDisplacement(backward) };
    tf.dispose([forward, backward]);
    return read;
  } finally {
    tf.dispose([fixed, moving]);
  }
}

/**
 * How many voxels of the working grid, along each axis, one of the network's stands for.
 *
 * @param name of the scan, for the message
 * @throws PipelineError when the working grid is not the network's
 */
export function poolingTo(wanted: readonly number[], size: Size3, name: string): Size3 {
  const pool = size.map((n, a) => n / wanted[a]) as unknown as Size3;
  const factor = Math.max(...pool);
  if (pool.every((n, a) => n === factor || (n === 1 && size[a] === 1)) && Number.isInteger(factor)) return pool;
  throw new PipelineError({
    where: name,
    expected: `a working grid of ${wanted.join(' x ')}, the network's`,
    got: size.join(' x '),
    advice: 'use the --config of the training, or another --frame',
  });
}

/** Normalised x, y, z = k, j, i as voxels along i, j, k. */
export function inVoxels({ data, size }: HostDisplacement): Float32Array {
  const voxels = new Float32Array(data.length);
  for (let at = 0; at < data.length; at += 3) {
    for (let axis = 0; axis < 3; axis++) voxels[at + axis] = (data[at + 2 - axis] * size[axis]) / 2;
  }
  return voxels;
}
