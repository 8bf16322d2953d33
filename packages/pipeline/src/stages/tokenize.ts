import { Random, decodeSafetensors, encodeSafetensors } from '@paired3d/nn';
import type { VqAutoencoder } from '@paired3d/vqae';
import { drawAugmentation } from '../data/augment';
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
import { readVelocities } from './motion';
import { pairTokens, type TokenGrid, type TokenSources } from './pairTokens';
import type { TrainingPairs } from './pairs';
import { vqaeOf } from './vqae';

/** Grids of tokens of the pairs of a split, each of T codes, with their grid [images, d, h, w]. */
export interface TokenSet {
  readonly grid: readonly [number, number, number, number];
  readonly items: readonly Int16Array[];
}

/**
 * Turns each pair into grids of tokens: the pair itself, and for training augmented variants of it.
 * One file a pair, so that an interrupted run goes on with the next.
 * @param motion the velocities of the pairs, where tokens stand for motion
 */
export function tokenizeStage(
  context: RunContext,
  pairs: TrainingPairs,
  { vqae, motion }: { vqae: Upstream; motion?: Upstream },
): Stage {
  const { config } = context;
  return {
    name: 'tokens',
    inputs: { pairs: pairs.hash, vqae: vqae.hash, ...(motion && { motion: motion.hash }) },
    config: { ...config.tokenize, seed: config.seed, validation: pairs.validation.map(({ id }) => id) },
    async run(folder) {
      const all = [...pairs.training, ...pairs.validation];
      const paths = all.map(({ id }, i) => `${i < pairs.training.length ? 'train' : 'validation'}/${id}.safetensors`);
      const present = new Set(await folder.list(''));
      const missing = [...all.keys()].filter((i) => !present.has(paths[i]));
      const total = all.length;
      let step = total - missing.length;
      context.emit({ type: 'stage-start', stage: 'tokens', total, resumedAt: step });
      const setup = {
        config,
        sources: await tokenSources(all, motion?.folder),
        vqae: await readModel(vqae.folder, 'vqae'),
      };
      await shareOut(context, { stage: 'tokens', kind: tokensJob, setup }, missing, async (tokens, i) => {
        await folder.write(paths[i], tokens);
        context.emit({ type: 'step', stage: 'tokens', step: ++step, total, metrics: {} });
      });
      return paths;
    },
  };
}

interface Upstream {
  readonly folder: Storage;
  readonly hash: string;
}

/** Pairs with their velocities, where there are some. */
export async function tokenSources(pairs: readonly PreparedPair[], motion: Storage | undefined): Promise<TokenSources> {
  return { pairs, ...(motion && { velocities: await readVelocities(motion, pairs) }) };
}

interface TokensSetup {
  readonly config: RunConfig;
  readonly sources: TokenSources;
  readonly vqae: ModelFolder;
}

/** The token grids of a pair, given by its index, as a file. */
export const tokensJob: JobKind<TokensSetup, number, Uint8Array> = {
  name: 'tokens',
  open({ config, sources, vqae }, signal) {
    const model = vqaeOf(vqae);
    return Promise.resolve({
      run: (index) => tokenize(config, model, sources, index, signal),
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

/** Variants that are drawn together. With motion, the autoencoder takes their fixed scans in twos. */
const AT_ONCE = 2;

async function tokenize(
  config: RunConfig,
  model: VqAutoencoder,
  sources: TokenSources,
  index: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const { motion, seed } = config;
  const { variants } = config.tokenize;
  const augmentation = augmentationOf(config.tokenize.augmentation);
  const pair = sources.pairs[index];
  const drawn = (variant: number) =>
    variant === 0 ? undefined : drawAugmentation(Random.of(seed, 'tokens', pair.id, variant), pair.size, augmentation);
  const all: TokenGrid[] = [];
  for (let variant = 0; variant < variants; variant += AT_ONCE) {
    await pause();
    signal?.throwIfAborted();
    const draws = Array.from({ length: Math.min(AT_ONCE, variants - variant) }, (_, i) => drawn(variant + i));
    all.push(...(await pairTokens(model, sources, index, { motion, draws, signal })));
  }
  const [{ grid, tokens }] = all;
  const data = new Int16Array(all.length * tokens.length);
  all.forEach((item, i) => data.set(item.tokens, i * tokens.length));
  return encodeSafetensors(new Map([['tokens', { dtype: 'I16', shape: [all.length, ...grid], data }]]));
}
