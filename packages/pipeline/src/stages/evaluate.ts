import {
  OPTIMISE_PRESETS,
  optimisePair,
  readDisplacement,
  type Displacements,
  type HostDisplacement,
  type HostDisplacements,
  type OptimiseOptions,
  type Optimised,
  type RegistrationNetwork,
} from '@paired3d/registration';
import * as tf from '@tensorflow/tfjs-core';
import type { PreparedPair, Size3 } from '../data/types';
import { pause } from '../pause';
import { METHODS, type Method } from '../report/summary';
import type { RunConfig } from '../run/config';
import type { RunContext } from '../run/context';
import { readModel, type ModelFolder } from '../run/modelFolder';
import { readJson, writeJson, type Stage } from '../run/stage';
import type { Storage } from '../storage/storage';
import { shareOut } from '../workers/shareOut';
import type { JobKind } from '../workers/workers';
import { pairTensor, pooledImages, splitPair } from './pairs';
import { registrationOf } from './registration';
import { meanDistance, scoreDisplacements, type MethodResult } from './scoring';
import { gridAffine, writeScan } from './synthesize';

/** The evaluation of one held-out pair. */
export interface CaseResult {
  readonly id: string;
  readonly methods: Readonly<Partial<Record<Method, MethodResult>>>;
}

/** Seconds that methods took on a pair. */
export type MethodSeconds = Readonly<Partial<Record<Method, number>>>;

/** The methods that show their warped image in the report, best first. */
export const SHOWN_METHODS: readonly Method[] = ['optimise', 'refined', 'tta', 'network', 'networkReal'];

/** Registers every held-out pair with each network and by optimisation, and scores it. One file a case; warped images beside it. */
export function evaluateStage(
  context: RunContext,
  networks: Readonly<Partial<Record<'network' | 'networkReal', { folder: Storage; hash: string }>>>,
  test: { hash: string; pairs: readonly PreparedPair[] },
): Stage {
  const { config } = context;
  const { tta, pool } = config.registration;
  // Another version of us may mean another recipe by a name.
  const { optimise, refine } = config.evaluation;
  const recipes = [optimise, refine].map((name) => (name === 'none' ? null : OPTIMISE_PRESETS[name]));
  const hashes = Object.fromEntries(Object.entries(networks).map(([name, { hash }]) => [name, hash]));
  return {
    name: 'evaluation',
    inputs: { test: test.hash, ...hashes },
    config: { tta, pool, diceThreshold: config.diceThreshold, ...config.evaluation, recipes },
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
        const { result, seconds, warped } = evaluated;
        if (warped) await folder.write(warpedPath(result.id, warped.method), warped.scan);
        await writeJson(folder, secondsPath(result.id), seconds);
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
  /** of each method, as one worker took them: no part of the result, which is the same every time */
  readonly seconds: MethodSeconds;
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

/** Path of how long each method took, which is no output: it differs from run to run. */
const secondsPath = (id: string): string => `${id}.timing.json`;

/** Reads how long each method took on a case. */
export const readSeconds = (folder: Storage, id: string): Promise<MethodSeconds | undefined> =>
  readJson<MethodSeconds>(folder, secondsPath(id));

/** Reads the result of a case. */
export const readResult = (folder: Storage, id: string): Promise<CaseResult | undefined> =>
  readJson<CaseResult>(folder, resultPath(id));

async function evaluatePair(
  config: RunConfig,
  networks: Partial<Record<Method, RegistrationNetwork>>,
  pair: PreparedPair,
  signal?: AbortSignal,
): Promise<EvaluatedCase> {
  const { diceThreshold: threshold } = config;
  const { size, extent } = pair;
  const [fixed, moving] = tf.tidy(() => splitPair(pairTensor(pair)));
  const found = new Map<Method, HostDisplacements>();
  const seconds: Partial<Record<Method, number>> = {};
  const methods: Partial<Record<Method, MethodResult>> = {};
  let warped: Float32Array | undefined;
  const shown = SHOWN_METHODS.find((method) => isAsked(method, config, networks));
  try {
    for (const [method, register] of registrations({ config, networks, pair, found, signal })) {
      const start = performance.now();
      found.set(method, await register());
      // What it builds on counts.
      const before = method === 'refined' ? seconds.network! : 0;
      seconds[method] = before + (performance.now() - start) / 1000;
    }
    const reference = found.get('optimise')?.forward;
    for (const [method, displacements] of found) {
      const { result, image } = await scoreDisplacements(pair, { fixed, moving }, displacements, threshold);
      const { forward } = displacements;
      const fromOptimised = reference && (await meanDistance(forward, reference, moving, { extent, threshold }));
      methods[method] = { ...result, ...(Number.isFinite(fromOptimised) && { fromOptimised }) };
      if (method === shown) warped = image;
    }
  } finally {
    tf.dispose([fixed, moving]);
  }
  const result = { id: pair.id, methods };
  if (!shown || !warped) return { result, seconds };
  const spacing = size.map((n, a) => extent[a] / n) as unknown as Size3;
  const scan = writeScan(warped, { size, spacing, labels: pair.labels });
  return { result, seconds, warped: { method: shown, scan } };
}

interface Registering {
  readonly config: RunConfig;
  readonly networks: Partial<Record<Method, RegistrationNetwork>>;
  readonly pair: PreparedPair;
  /** What the methods before it found. */
  readonly found: ReadonlyMap<Method, HostDisplacements>;
  readonly signal?: AbortSignal;
}

type Images = [fixed: tf.Tensor5D, moving: tf.Tensor5D];

/** The methods that are asked for, each with what does it; in the order in which they build on each other. */
function registrations(given: Registering): [Method, () => Promise<HostDisplacements>][] {
  const { config, networks, pair, found, signal } = given;
  const { optimise, refine } = config.evaluation;
  const recipe = (preset: typeof optimise) => (preset === 'none' ? undefined : preset);
  const { pool, tta } = config.registration;
  /** What a network makes of the pair on its own grid. */
  const by = (register: (...images: Images) => Displacements | Promise<Displacements>) => async () => {
    const images = tf.tidy(() => pooledImages(pairTensor(pair), pool));
    try {
      return await readBoth(await register(...images));
    } finally {
      tf.dispose(images);
    }
  };
  const options = { ...tta, signal, onIteration: pause };
  const all: Record<Method, () => Promise<HostDisplacements>> = {
    before: () => Promise.resolve({ forward: NO_DISPLACEMENT, backward: NO_DISPLACEMENT }),
    networkReal: by((...images) => networks.networkReal!.displacement(...images)),
    network: by((...images) => networks.network!.displacement(...images)),
    tta: by((...images) => networks.network!.adaptToPair(...images, options)),
    refined: () => optimisePrepared(pair, { recipe: recipe(refine), start: found.get('network'), signal }),
    optimise: () => optimisePrepared(pair, { recipe: recipe(optimise), signal }),
  };
  return METHODS.filter((method) => isAsked(method, config, networks)).map((method) => [method, all[method]]);
}

function isAsked(
  method: Method,
  { registration, evaluation }: RunConfig,
  networks: Partial<Record<Method, RegistrationNetwork>>,
): boolean {
  switch (method) {
    case 'before':
      return true;
    case 'networkReal':
    case 'network':
      return networks[method] !== undefined;
    case 'tta':
      return networks.network !== undefined && registration.tta.iterations > 0;
    case 'refined':
      return networks.network !== undefined && evaluation.refine !== 'none';
    case 'optimise':
      return evaluation.optimise !== 'none';
  }
}

const NO_DISPLACEMENT: HostDisplacement = { data: new Float32Array(3), size: [1, 1, 1] };

async function readBoth({ forward, backward }: Displacements): Promise<HostDisplacements> {
  const read = { forward: await readDisplacement(forward), backward: await readDisplacement(backward) };
  tf.dispose([forward, backward]);
  return read;
}

/** Instance optimisation of a pair on its working grid. */
export function optimisePrepared(
  { fixed, moving, size, extent }: Pick<PreparedPair, 'fixed' | 'moving' | 'size' | 'extent'>,
  options: OptimiseOptions,
): Promise<Optimised> {
  const affine = gridAffine(size.map((n, axis) => extent[axis] / n) as unknown as Size3);
  const volume = (data: Float32Array) => ({ data, shape: size, affine });
  return optimisePair(volume(fixed), volume(moving), options);
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
