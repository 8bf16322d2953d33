import { writeNifti } from '@paired3d/nifti';
import {
  dice,
  foldedPercentage,
  inverseConsistencyError,
  readDisplacement,
  targetRegistrationError,
  warp,
  type Displacements,
  type HostDisplacement,
  type RegistrationNetwork,
} from '@paired3d/registration';
import * as tf from '@tensorflow/tfjs-core';
import type { Landmarks, PreparedPair, Size3 } from '../data/types';
import { Interrupted, throwIfAborted } from '../errors';
import { pause } from '../pause';
import type { Method } from '../report/summary';
import type { RunContext } from '../run/context';
import { readJson, writeJson, type Stage } from '../run/stage';
import type { Storage } from '../storage/storage';
import { pairTensor, pooledImages, pooledSize } from './pairs';
import { openRegistration } from './registration';
import { gridAffine } from './synthesize';

/** How one method registered one pair. */
export interface MethodResult {
  /** mm, one for each landmark */
  readonly cropped?: readonly number[];
  readonly exact?: readonly number[];
  /** overlap of the fixed image and the moving one warped onto it */
  readonly dice: number;
  /** percentage of folded voxels */
  readonly folding: number;
  /** mm, mean */
  readonly inverseConsistency: number;
}

/** The evaluation of one held-out pair. */
export interface CaseResult {
  readonly id: string;
  readonly methods: Readonly<Partial<Record<Method, MethodResult>>>;
}

/** The methods that show their warped image in the report, best first. */
const SHOWN: readonly Method[] = ['tta', 'network', 'networkReal'];

/** Registers every held-out pair with each network, and scores it. One file a case; warped images beside it. */
export function evaluateStage(
  context: RunContext,
  networks: Readonly<Partial<Record<'network' | 'networkReal', { folder: Storage; hash: string }>>>,
  test: { hash: string; pairs: readonly PreparedPair[] },
): Stage {
  const { config } = context;
  const { tta, pool } = config.registration;
  const hashes = Object.fromEntries(Object.entries(networks).map(([name, { hash }]) => [name, hash]));
  return {
    name: 'evaluation',
    inputs: { test: test.hash, ...hashes },
    config: { tta, pool, diceThreshold: config.diceThreshold },
    async run(folder) {
      const present = new Set(await folder.list(''));
      const finished = test.pairs.filter(({ id }) => present.has(resultPath(id)));
      const total = test.pairs.length;
      context.emit({ type: 'stage-start', stage: 'evaluation', total, resumedAt: finished.length });
      const opened: Partial<Record<Method, RegistrationNetwork>> = {};
      try {
        for (const [name, { folder: model }] of Object.entries(networks)) {
          opened[name as Method] = await openRegistration(model);
        }
        for (const [index, pair] of test.pairs.entries()) {
          if (finished.includes(pair)) continue;
          await pause();
          throwIfAborted(context.signal, 'evaluation');
          const result = await evaluatePair(context, opened, pair, folder);
          await writeJson(folder, resultPath(pair.id), result);
          const metrics = Object.fromEntries(
            Object.entries(result.methods)
              .filter(([, { cropped }]) => cropped)
              .map(([method, { cropped }]) => [method, mean(cropped!)]),
          );
          context.emit({ type: 'step', stage: 'evaluation', step: index + 1, total, metrics });
        }
      } finally {
        for (const network of Object.values(opened)) network.dispose();
      }
      return (await folder.list('')).filter((path) => path.startsWith('case_'));
    },
  };
}

/** Path of a case's result within the evaluation's folder. */
export const resultPath = (id: string): string => `case_${id}.json`;
/** Path of the moving image warped onto the fixed one. */
export const warpedPath = (id: string, method: Method): string => `case_${id}_${method}.nii.gz`;

/** Reads the result of a case. */
export const readResult = (folder: Storage, id: string): Promise<CaseResult | undefined> =>
  readJson<CaseResult>(folder, resultPath(id));

async function evaluatePair(
  context: RunContext,
  networks: Partial<Record<Method, RegistrationNetwork>>,
  pair: PreparedPair,
  folder: Storage,
): Promise<CaseResult> {
  const { registration, diceThreshold } = context.config;
  const [fixed, moving] = tf.tidy(() => pooledImages(pairTensor(pair), registration.pool));
  const score = (displacements: Displacements) => scorePair(pair, { fixed, moving }, displacements, diceThreshold);
  const methods: Partial<Record<Method, MethodResult>> = {};
  const warped: Partial<Record<Method, Float32Array>> = {};
  const add = async (method: Method, displacements: Displacements) => {
    const { result, image } = await score(displacements);
    tf.dispose([displacements.forward, displacements.backward]);
    methods[method] = result;
    warped[method] = image;
  };
  try {
    await add('before', noDisplacement(fixed));
    for (const name of ['networkReal', 'network'] as const) {
      const network = networks[name];
      if (network) await add(name, network.displacement(fixed, moving));
    }
    const { iterations, learningRate } = registration.tta;
    if (networks.network && iterations > 0) {
      const options = { iterations, learningRate, signal: context.signal, onIteration: pause };
      const adapted = networks.network.adaptToPair(fixed, moving, options);
      await add('tta', await adapted.catch((error: unknown) => rethrow(error, context.signal)));
    }
  } finally {
    tf.dispose([fixed, moving]);
  }
  const size = pooledSize(pair.size, registration.pool);
  const spacing = size.map((n, a) => pair.extent[a] / n) as unknown as Size3;
  const best = SHOWN.find((method) => warped[method]);
  if (best) {
    const volume = { data: warped[best]!, shape: [...size], affine: gridAffine(spacing) };
    await folder.write(warpedPath(pair.id, best), writeNifti(volume, { gzip: true }));
  }
  return { id: pair.id, methods };
}

/** Errors, overlap and regularity of a registration; `image` is the moving image on the fixed grid. */
export async function scorePair(
  { extent, landmarks }: Pick<PreparedPair, 'extent' | 'landmarks'>,
  images: { fixed: tf.Tensor5D; moving: tf.Tensor5D },
  displacements: Displacements,
  diceThreshold: number,
): Promise<{ result: MethodResult; image: Float32Array }> {
  const half = extent.map((mm) => mm / 2) as unknown as Size3;
  const forward = await readDisplacement(displacements.forward);
  const backward = await readDisplacement(displacements.backward);
  const warped = tf.tidy(() => warp(images.moving, displacements.backward));
  const [image, fixed] = (await Promise.all([warped.data(), images.fixed.data()])) as Float32Array[];
  warped.dispose();
  const errors = (points: Landmarks | undefined) => points && landmarkErrors(forward, points, half);
  const result = {
    cropped: errors(landmarks?.cropped),
    exact: errors(landmarks?.exact),
    dice: dice(fixed, image, diceThreshold),
    folding: foldedPercentage(forward),
    inverseConsistency: inverseConsistencyError(forward, backward, half),
  };
  return { result, image };
}

function landmarkErrors(forward: HostDisplacement, { fixed, moving }: Landmarks, half: Size3): number[] {
  return Array.from(targetRegistrationError(forward, fixed, moving, half));
}

function noDisplacement(image: tf.Tensor5D): Displacements {
  const [batch, d, h, w] = image.shape;
  return { forward: tf.zeros([batch, d, h, w, 3]), backward: tf.zeros([batch, d, h, w, 3]) };
}

function rethrow(error: unknown, signal: AbortSignal | undefined): never {
  if (signal?.aborted) throw new Interrupted('evaluation');
  throw error;
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
