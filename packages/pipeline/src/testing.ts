import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { registerWasmKernels } from '@paired3d/ops/wasm';
import { phantomSource } from './data/phantom/source';
import type { MotionConfig } from './motion/motionCode';
import type { RunConfig, RunConfigInput } from './run/config';
import type { RunContext } from './run/context';
import type { PipelineEvent } from './run/events';
import { parseRunConfig } from './run/parse';
import { MemoryStorage } from './storage/memory-storage';
import { openJob } from './workers/jobs';
import type { Workers } from './workers/workers';

/** The fast backend, for tests that compute. */
export async function useWasm(): Promise<void> {
  await tf.setBackend('wasm');
  await registerWasmKernels();
}

/** The most bytes of the wasm heap that work takes beside those taken before. To be called once. */
export function meterHeap(): (work: () => unknown) => Promise<number> {
  const { wasm } = tf.backend() as unknown as { wasm: { _malloc(bytes: number): number; _free(at: number): void } };
  const { _malloc, _free } = wasm;
  const sizes = new Map<number, number>();
  let [used, peak] = [0, 0];
  wasm._malloc = (bytes) => {
    const at = _malloc(bytes) >>> 0;
    sizes.set(at, bytes);
    used += bytes;
    peak = Math.max(peak, used);
    return at;
  };
  wasm._free = (at) => {
    used -= sizes.get(at >>> 0) ?? 0;
    sizes.delete(at >>> 0);
    _free(at);
  };
  return async (work) => {
    const before = (peak = used);
    await work();
    return peak - before;
  };
}

/** Few tokens of motion. */
export const smallestMotion: MotionConfig = {
  cells: 1,
  gain: { least: 2, most: 32, levels: 5 },
  step: 0.5,
  levels: [9, 9, 9],
  smoothing: 0.7,
  optimise: 'fast',
};

/** A run of a few steps on three phantoms of 16 voxels an axis; in 2D on their planes. */
export function smallestConfig(spatialDims: 2 | 3): RunConfig {
  const input: RunConfigInput = {
    spatialDims,
    seed: 3,
    evaluation: { optimise: 'fast', refine: 'fast' },
    source: { kind: 'phantom', size: [16, 16, 16], spacing: 10, cases: { train: 3, test: 2 }, landmarks: 12 },
    validation: 1,
    diceThreshold: 0.5,
    checkpointSeconds: 1e6,
    vqae: {
      model: {
        coding: 'separate',
        network: { kind: 'patch', encoder: [8], decoder: [8] },
        codes: 16,
        codeDim: 4,
        quantizer: { kind: 'ema', decay: 0.9, restartBelow: 0.1 },
        codebookWeight: 0.1,
        classWeights: [1, 1.5],
        diceWeight: 0.2,
      },
      steps: 6,
      batch: 1,
      learningRate: 1e-2,
      schedule: { kind: 'cosine', warmup: 2 },
      crop: 8,
      augmentation: 'full',
    },
    tokenize: { variants: 2, augmentation: 'full' },
    diffusion: {
      model: { kind: 'patch', width: 8, depth: 1, heads: 2, feedForward: 16, tokenWidth: 4 },
      steps: 5,
      batch: 1,
      learningRate: 1e-3,
      schedule: { kind: 'warmup', warmup: 2 },
      weighting: 'elbo',
      beta2: 0.98,
      weightDecay: 0.01,
    },
    synthesize: { pairs: 2, steps: 3, temperature: 0.9 },
    registration: {
      model: {
        channels: [4, 8],
        strides: [2],
        velocityScale: 0.35,
        smoothing: { width: 3, strides: [2, 1] },
        integrationSteps: 3,
        integrateAt: 'grid',
        similarity: 'ncc',
        regulariser: 'bending',
        regularisation: 0.02,
        steps: 2,
      },
      steps: 4,
      batch: 1,
      learningRate: 3e-3,
      schedule: { kind: 'constant' },
      pool: 1,
      augmentation: 'big',
      baseline: true,
      tta: { iterations: 2, learningRate: 1e-3 },
    },
  };
  return parseRunConfig(input);
}

/** A context in memory whose clock ticks once a second each time it is read, and the events it was told. */
export function testContext(changes: Partial<RunContext> = {}): RunContext & { events: PipelineEvent[] } {
  const config = changes.config ?? smallestConfig(3);
  const events: PipelineEvent[] = [];
  let seconds = 0;
  const { kind: _kind, ...phantom } = config.source as Extract<RunConfig['source'], { kind: 'phantom' }>;
  return {
    config,
    storage: new MemoryStorage(),
    source: phantomSource(phantom),
    emit: (event) => void events.push(event),
    clock: () => seconds++,
    events,
    ...changes,
  };
}

/** Workers that share this thread: each has models of its own, and what passes between them is copied as messages are. */
export function loopbackWorkers(helpers: number): Workers {
  return {
    helpers,
    open: (name, setup, most) => {
      const open = async () => {
        const stop = new AbortController();
        const job = await openJob(name, structuredClone(setup), stop.signal);
        let [running, closed] = [Promise.resolve() as Promise<unknown>, undefined as Promise<void> | undefined];
        const run = async (item: unknown) => {
          const result = running.then(() => job.run(structuredClone(item)));
          running = result.catch(() => {});
          return structuredClone(await result);
        };
        const close = () => {
          stop.abort();
          return (closed ??= running.then(() => job.close()));
        };
        return { run, close };
      };
      return Promise.all(Array.from({ length: Math.min(helpers, most) }, open));
    },
  };
}

/** Texts of the messages among events. */
export const messages = (events: readonly PipelineEvent[]): string[] =>
  events.filter((event) => event.type === 'message').map(({ text }) => text);

/** Tensors and bytes that `run` leaves behind. */
export async function leaked(run: () => unknown): Promise<{ tensors: number; bytes: number }> {
  const before = tf.memory();
  await run();
  const after = tf.memory();
  return { tensors: after.numTensors - before.numTensors, bytes: after.numBytes - before.numBytes };
}

/** What {@link leaked} gives when nothing leaks. */
export const NOTHING = { tensors: 0, bytes: 0 };
