import { decodeSafetensors, encodeSafetensors } from '@paired3d/nn';
import type { HostDisplacement } from '@paired3d/registration';
import { cellSize } from '@paired3d/vqae';
import * as tf from '@tensorflow/tfjs-core';
import { noAugmentation } from '../data/augment';
import type { PreparedPair, Size3 } from '../data/types';
import { correlation } from '../correlation';
import { meanLength } from '../motion/meanLength';
import type { MotionConfig } from '../motion/motionCode';
import { motionTokens } from '../motion/motionTokens';
import { moveScan } from '../motion/moveScan';
import type { RunConfig } from '../run/config';
import type { RunContext } from '../run/context';
import { vqaeConfigOf } from '../run/modelConfigs';
import { readJson, writeJson, type Stage } from '../run/stage';
import type { Storage } from '../storage/storage';
import { shareOut } from '../workers/shareOut';
import type { JobKind } from '../workers/workers';
import { optimisePrepared } from './evaluate';
import type { TrainingPairs } from './pairs';

/** What the optimisation found for a pair, and what its tokens keep of it. */
interface MotionFigures {
  /** correlation of the moving scan with the fixed one, as it is and moved as tokens tell it */
  readonly before: number;
  readonly coded: number;
  /** mm, mean over the grid, that the optimisation found */
  readonly displacement: number;
}

/** Finds the stationary velocity of each real pair by instance optimisation. One file a pair. */
export function motionStage(context: RunContext, pairs: TrainingPairs): Stage {
  const { config } = context;
  const cell = cellSize(vqaeConfigOf(config));
  return {
    name: 'motion',
    inputs: { pairs: pairs.hash },
    config: { ...config.motion, cell },
    async run(folder) {
      const all = [...pairs.training, ...pairs.validation];
      const present = new Set(await folder.list(''));
      const missing = [...all.keys()].filter((i) => !present.has(figuresPath(all[i].id)));
      const total = all.length;
      let step = total - missing.length;
      context.emit({ type: 'stage-start', stage: 'motion', total, resumedAt: step });
      const setup = { config, pairs: all };
      await shareOut(context, { stage: 'motion', kind: motionJob, setup }, missing, async (found, i) => {
        const { velocity, figures } = found;
        await folder.write(velocityPath(all[i].id), encodeVelocity(velocity));
        await writeJson(folder, figuresPath(all[i].id), figures);
        context.emit({ type: 'step', stage: 'motion', step: ++step, total, metrics: { ...figures } });
      });
      const figures = await Promise.all(all.map(({ id }) => readJson<MotionFigures>(folder, figuresPath(id))));
      const mean = (of: keyof MotionFigures) => figures.reduce((sum, one) => sum + one![of], 0) / total;
      const names = ['before', 'coded', 'displacement'] as const;
      await writeJson(folder, 'metrics.json', Object.fromEntries(names.map((name) => [name, mean(name)])));
      return ['metrics.json', ...all.flatMap(({ id }) => [velocityPath(id), figuresPath(id)])];
    },
  };
}

const velocityPath = (id: string) => `${id}.safetensors`;
const figuresPath = (id: string) => `${id}.json`;

/** The velocities of pairs from the folder of the stage, normalised. */
export async function readVelocities(folder: Storage, pairs: readonly PreparedPair[]): Promise<HostDisplacement[]> {
  return Promise.all(
    pairs.map(async ({ id }) => {
      const { shape, data } = decodeSafetensors((await folder.read(velocityPath(id)))!).tensors.get('velocity')!;
      return { data: Float32Array.from(data as Float32Array), size: shape.slice(0, 3) as unknown as Size3 };
    }),
  );
}

function encodeVelocity({ data, size }: HostDisplacement): Uint8Array {
  return encodeSafetensors(new Map([['velocity', { dtype: 'F32', shape: [...size, 3], data }]]));
}

interface MotionSetup {
  readonly config: RunConfig;
  readonly pairs: readonly PreparedPair[];
}

/** The velocity of a pair, given by its index. */
export const motionJob: JobKind<MotionSetup, number, { velocity: HostDisplacement; figures: MotionFigures }> = {
  name: 'motion',
  open({ config, pairs }, signal) {
    const cell = cellSize(vqaeConfigOf(config));
    return Promise.resolve({
      async run(index) {
        const pair = pairs[index];
        const motion = config.motion!;
        const { velocity, forward } = await optimisePrepared(pair, { recipe: motion.optimise, signal });
        const figures = {
          before: correlation(pair.fixed, pair.moving),
          coded: correlation(await codedMoving(pair, velocity, cell, motion), pair.moving),
          displacement: meanLength(forward.data, pair.extent),
        };
        return { velocity, figures };
      },
      close: () => {},
    });
  },
};

/** The fixed scan of a pair moved by the tokens of its velocity. */
async function codedMoving(pair: PreparedPair, velocity: HostDisplacement, cell: number, config: MotionConfig) {
  const { size, extent, fixed } = pair;
  const cells = size.map((n) => (n === 1 ? 1 : n / cell)) as unknown as Size3;
  const place = { cells, extent, config };
  const codes = await motionTokens(velocity, noAugmentation(size), place);
  const moving = tf.tidy(() => moveScan(tf.tensor5d(fixed, [1, ...size, 1]), codes, place));
  const data = (await moving.data()) as Float32Array;
  moving.dispose();
  return data;
}
