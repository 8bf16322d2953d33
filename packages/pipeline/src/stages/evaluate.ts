import {
  dice,
  foldedPercentage,
  inverseConsistencyError,
  optimisePair,
  readDisplacement,
  targetRegistrationError,
  warp,
  type Displacements,
  type HostDisplacement,
  type HostDisplacements,
  type OptimiseOptions,
  type RegistrationNetwork,
} from '@paired3d/registration';
import { resize3d } from '@paired3d/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Landmarks, PreparedPair, Size3 } from '../data/types';
import { pause } from '../pause';
import type { Method } from '../report/summary';
import type { RunConfig } from '../run/config';
import type { RunContext } from '../run/context';
import { readModel, type ModelFolder } from '../run/modelFolder';
import { readJson, writeJson, type Stage } from '../run/stage';
import type { Storage } from '../storage/storage';
import { shareOut } from '../workers/shareOut';
import type { JobKind } from '../workers/workers';
import { pairTensor, pooledImages, pooledSize } from './pairs';
import { registrationOf } from './registration';
import { gridAffine, writeScan } from './synthesize';

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
export const SHOWN_METHODS: readonly Method[] = ['optimise', 'tta', 'network', 'networkReal'];

/** Registers every held-out pair with each network and by optimisation, and scores it. One file a case; warped images beside it. */
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
    config: { tta, pool, diceThreshold: config.diceThreshold, optimise: config.evaluation.optimise },
    async run(folder) {
      const present = new Set(await folder.list(''));
      const missing = [...test.pairs.keys()].filter((index) => !present.has(resultPath(test.pairs[index].id)));
      const total = test.pairs.length;
      let step = total - missing.length;
      context.emit({ type: 'stage-start', stage: 'evaluation', total, resumedAt: step });
      const opened: Partial<Record<Method, ModelFolder>> = {};
      for (const [name, { folder: model }] of Object.entries(networks)) {
        opened[name as Method] = await readModel(model, 'registration');
      }
      const setup = { config, pairs: test.pairs, networks: opened };
      await shareOut(context, { stage: 'evaluation', kind: evaluationJob, setup }, missing, async (evaluated) => {
        const { result, warped } = evaluated;
        if (warped) await folder.write(warpedPath(result.id, warped.method), warped.scan);
        await writeJson(folder, resultPath(result.id), result);
        context.emit({ type: 'step', stage: 'evaluation', step: ++step, total, metrics: meanErrors(result) });
      });
      return (await folder.list('')).filter((path) => path.startsWith('case_'));
    },
  };
}

interface EvaluationSetup {
  readonly config: RunConfig;
  readonly pairs: readonly PreparedPair[];
  readonly networks: Readonly<Partial<Record<Method, ModelFolder>>>;
}

/** A case's result, and its moving image as the best method warped it, as a file. */
interface EvaluatedCase {
  readonly result: CaseResult;
  readonly warped?: { readonly method: Method; readonly scan: Uint8Array };
}

/** The evaluation of a pair, given by its index. */
export const evaluationJob: JobKind<EvaluationSetup, number, EvaluatedCase> = {
  name: 'evaluation',
  open({ config, pairs, networks: folders }, signal) {
    const networks: Partial<Record<Method, RegistrationNetwork>> = {};
    for (const [name, folder] of Object.entries(folders)) networks[name as Method] = registrationOf(folder);
    return Promise.resolve({
      run: (index) => evaluatePair(config, networks, pairs[index], signal),
      close: () => Object.values(networks).forEach((network) => network.dispose()),
    });
  },
};

function meanErrors({ methods }: CaseResult): Record<string, number> {
  const scored = Object.entries(methods).filter(([, { cropped }]) => cropped);
  return Object.fromEntries(scored.map(([method, { cropped }]) => [method, mean(cropped!)]));
}

/** Path of a case's result within the evaluation's folder. */
export const resultPath = (id: string): string => `case_${id}.json`;
/** Path of the moving image warped onto the fixed one. */
export const warpedPath = (id: string, method: Method): string => `case_${id}_${method}.nii.gz`;

/** Reads the result of a case. */
export const readResult = (folder: Storage, id: string): Promise<CaseResult | undefined> =>
  readJson<CaseResult>(folder, resultPath(id));

async function evaluatePair(
  { registration, diceThreshold, evaluation }: RunConfig,
  networks: Partial<Record<Method, RegistrationNetwork>>,
  pair: PreparedPair,
  signal?: AbortSignal,
): Promise<EvaluatedCase> {
  const [fixed, moving] = tf.tidy(() => pooledImages(pairTensor(pair), registration.pool));
  const methods: Partial<Record<Method, MethodResult>> = {};
  const warped: Partial<Record<Method, Float32Array>> = {};
  const addScore = async (method: Method, displacements: HostDisplacements) => {
    const { result, image } = await scoreDisplacements(pair, { fixed, moving }, displacements, diceThreshold);
    methods[method] = result;
    warped[method] = image;
  };
  const add = async (method: Method, { forward, backward }: Displacements) => {
    const read = { forward: await readDisplacement(forward), backward: await readDisplacement(backward) };
    tf.dispose([forward, backward]);
    await addScore(method, read);
  };
  try {
    await add('before', noDisplacement(fixed));
    for (const name of ['networkReal', 'network'] as const) {
      const network = networks[name];
      if (network) await add(name, network.displacement(fixed, moving));
    }
    const { iterations, learningRate } = registration.tta;
    if (networks.network && iterations > 0) {
      const options = { iterations, learningRate, signal, onIteration: pause };
      await add('tta', await networks.network.adaptToPair(fixed, moving, options));
    }
    const { optimise } = evaluation;
    if (optimise !== 'none') await addScore('optimise', await optimisePrepared(pair, { recipe: optimise, signal }));
  } finally {
    tf.dispose([fixed, moving]);
  }
  const size = pooledSize(pair.size, registration.pool);
  const spacing = size.map((n, a) => pair.extent[a] / n) as unknown as Size3;
  const result = { id: pair.id, methods };
  const method = SHOWN_METHODS.find((name) => warped[name]);
  if (!method) return { result };
  return { result, warped: { method, scan: writeScan(warped[method]!, { size, spacing, labels: pair.labels }) } };
}

/** Instance optimisation of a pair on its working grid. */
export function optimisePrepared(
  { fixed, moving, size, extent }: Pick<PreparedPair, 'fixed' | 'moving' | 'size' | 'extent'>,
  options: OptimiseOptions,
): Promise<HostDisplacements> {
  const affine = gridAffine(size.map((n, axis) => extent[axis] / n) as unknown as Size3);
  const volume = (data: Float32Array) => ({ data, shape: size, affine });
  return optimisePair(volume(fixed), volume(moving), options);
}

/** Errors, overlap and regularity of a registration; `image` is the moving image on the fixed grid. */
export async function scorePair(
  pair: Pick<PreparedPair, 'extent' | 'landmarks'>,
  images: { fixed: tf.Tensor5D; moving: tf.Tensor5D },
  displacements: Displacements,
  diceThreshold: number,
): Promise<{ result: MethodResult; image: Float32Array }> {
  const forward = await readDisplacement(displacements.forward);
  const backward = await readDisplacement(displacements.backward);
  return scoreDisplacements(pair, images, { forward, backward }, diceThreshold);
}

/** The same of displacements on the host, whose grids may be coarser than the images'. */
export async function scoreDisplacements(
  { extent, landmarks }: Pick<PreparedPair, 'extent' | 'landmarks'>,
  images: { fixed: tf.Tensor5D; moving: tf.Tensor5D },
  { forward, backward }: HostDisplacements,
  diceThreshold: number,
): Promise<{ result: MethodResult; image: Float32Array }> {
  const half = extent.map((mm) => mm / 2) as unknown as Size3;
  const [, d, h, w, labels] = images.moving.shape;
  const warped = tf.tidy(() => {
    const displacement = tf.tensor5d(backward.data, [1, ...backward.size, 3]);
    return warp(images.moving, resize3d(displacement, [d, h, w]));
  });
  const [image, fixed] = (await Promise.all([warped.data(), images.fixed.data()])) as Float32Array[];
  warped.dispose();
  const errors = (points: Landmarks | undefined) => points && landmarkErrors(forward, points, half);
  const result = {
    cropped: errors(landmarks?.cropped),
    exact: errors(landmarks?.exact),
    dice: dice(fixed, image, diceThreshold, labels),
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

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
