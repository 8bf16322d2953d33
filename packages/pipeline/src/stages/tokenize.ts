import { Random, decodeSafetensors, encodeSafetensors } from '@paired3d/nn';
import type { VqAutoencoder } from '@paired3d/vqae';
import type { PreparedPair } from '../data/types';
import { PipelineError } from '../errors';
import { pause } from '../pause';
import { augmentationOf, type RunConfig } from '../run/config';
import type { RunContext } from '../run/context';
import { readModel, type ModelFolder } from '../run/modelFolder';
import type { Stage } from '../run/stage';
import { sha256Hex } from '../storage/digest';
import type { Storage } from '../storage/storage';
import { shareOut } from '../workers/shareOut';
import type { JobKind } from '../workers/workers';
import { tokenizePair } from './pairCoder';
import { augmentedTensor, pairTensor, type TrainingPairs } from './pairs';
import { vqaeOf } from './vqae';

/** Grids of tokens of the pairs of a split, each of T codes, with their grid [images, d, h, w]. */
export interface TokenSet {
  readonly grid: readonly [number, number, number, number];
  readonly items: readonly Int16Array[];
}

/**
 * Turns each pair into grids of tokens: the pair itself, and for training augmented variants of it.
 * One file a pair, so that an interrupted run goes on with the next.
 */
export function tokenizeStage(
  context: RunContext,
  pairs: TrainingPairs,
  vqae: { folder: Storage; hash: string },
): Stage {
  const { config } = context;
  return {
    name: 'tokens',
    inputs: { pairs: pairs.hash, vqae: vqae.hash },
    config: { ...config.tokenize, seed: config.seed, validation: pairs.validation.map(({ id }) => id) },
    async run(folder) {
      const all = [...pairs.training, ...pairs.validation];
      const paths = all.map(({ id }, i) => `${i < pairs.training.length ? 'train' : 'validation'}/${id}.safetensors`);
      const present = new Set(await folder.list(''));
      const missing = [...all.keys()].filter((i) => !present.has(paths[i]));
      const total = all.length;
      let step = total - missing.length;
      context.emit({ type: 'stage-start', stage: 'tokens', total, resumedAt: step });
      const setup = { config, pairs: all, vqae: await readModel(vqae.folder, 'vqae') };
      await shareOut(context, { stage: 'tokens', kind: tokensJob, setup }, missing, async (tokens, i) => {
        await folder.write(paths[i], tokens);
        context.emit({ type: 'step', stage: 'tokens', step: ++step, total, metrics: {} });
      });
      return paths;
    },
  };
}

interface TokensSetup {
  readonly config: RunConfig;
  readonly pairs: readonly PreparedPair[];
  readonly vqae: ModelFolder;
}

/** The token grids of a pair, given by its index, as a file. */
export const tokensJob: JobKind<TokensSetup, number, Uint8Array> = {
  name: 'tokens',
  open({ config, pairs, vqae }, signal) {
    const model = vqaeOf(vqae);
    return Promise.resolve({
      run: (index) => tokenize(config, model, pairs[index], signal),
      close: () => model.dispose(),
    });
  },
};

/** Token grids from elsewhere, and the SHA-256 that stands for them. */
export async function givenTokens(folder: Storage): Promise<{ folder: Storage; hash: string }> {
  const parts: string[] = [];
  for (const path of [...(await folder.list('train/')), ...(await folder.list('validation/'))]) {
    parts.push(`${path} ${await sha256Hex((await folder.read(path))!)}`);
  }
  return { folder, hash: await sha256Hex(new TextEncoder().encode(parts.join('\n'))) };
}

/** Reads the token grids of a split. */
export async function readTokens(folder: Storage, split: 'train' | 'validation'): Promise<TokenSet> {
  const paths = await folder.list(`${split}/`);
  const items: Int16Array[] = [];
  let grid: number[] = [];
  for (const path of paths) {
    const { tensors } = decodeSafetensors((await folder.read(path))!);
    const tokens = tensors.get('tokens')!;
    grid = tokens.shape.slice(1);
    const size = grid.reduce((a, b) => a * b, 1);
    const data = tokens.data as Int16Array;
    for (let at = 0; at < data.length; at += size) items.push(data.subarray(at, at + size));
  }
  if (split === 'train' && items.length === 0) {
    const advice = 'run `paired3d tokenize` first, or give --tokens a folder that has them';
    throw new PipelineError({ where: 'tokens', expected: 'token grids to train on', got: 'none', advice });
  }
  return { grid: grid as unknown as TokenSet['grid'], items };
}

async function tokenize(
  config: RunConfig,
  model: VqAutoencoder,
  pair: PreparedPair,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const { variants } = config.tokenize;
  const augmentation = augmentationOf(config.tokenize.augmentation);
  const all: Int32Array[] = [];
  let shape: number[] = [];
  for (let variant = 0; variant < variants; variant++) {
    await pause();
    signal?.throwIfAborted();
    const random = Random.of(config.seed, 'tokens', pair.id, variant);
    const whole = variant === 0 ? pairTensor(pair) : augmentedTensor(pair, augmentation, random);
    const tokens = await tokenizePair(model, whole, { signal }).finally(() => whole.dispose());
    shape = tokens.shape.slice(1);
    all.push((await tokens.data()) as Int32Array);
    tokens.dispose();
  }
  const data = new Int16Array(all.length * all[0].length);
  all.forEach((tokens, i) => data.set(tokens, i * tokens.length));
  return encodeSafetensors(new Map([['tokens', { dtype: 'I16', shape: [all.length, ...shape], data }]]));
}
