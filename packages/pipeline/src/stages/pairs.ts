import { Random } from '@paired3d/nn';
import { avgPool3d, gridSample3d, identityGrid, resize3d, warp3d } from '@paired3d/ops';
import * as tf from '@tensorflow/tfjs-core';
import { drawAugmentation, type AugmentConfig, type Augmentation } from '../data/augment';
import type { PreparedPair, Size3, Split } from '../data/types';
import { PipelineError, throwIfAborted } from '../errors';
import { pause } from '../pause';
import type { RunContext } from '../run/context';
import { sha256Hex } from '../storage/digest';

/** Training pairs, and those of them that are held out for validation. */
export interface TrainingPairs {
  readonly training: readonly PreparedPair[];
  readonly validation: readonly PreparedPair[];
  /** SHA-256 of their values */
  readonly hash: string;
}

/**
 * Loads every pair of a split.
 * @throws PipelineError when there is none, or grids differ
 */
export async function loadPairs(context: RunContext, split: Split): Promise<PreparedPair[]> {
  const ids = await context.source.list(split);
  const pairs: PreparedPair[] = [];
  for (const id of ids) {
    await pause();
    throwIfAborted(context.signal, `${split} pairs`);
    pairs.push(await context.source.load(split, id));
  }
  const where = `${context.source.name}, ${split} pairs`;
  if (pairs.length === 0) {
    throw new PipelineError({
      where,
      expected: 'at least one pair',
      got: 'none',
      advice: 'check the folder and names',
    });
  }
  const odd = pairs.find(({ size }) => !tf.util.arraysEqual([...size], [...pairs[0].size]));
  if (odd) {
    const expected = `every pair on a grid of ${pairs[0].size.join(' x ')}`;
    const advice = 'set a frame, so that all scans lie on one grid';
    throw new PipelineError({ where, expected, got: `${odd.id} on ${odd.size.join(' x ')}`, advice });
  }
  return pairs;
}

/**
 * The training pairs, split by `config.validation`.
 * @throws PipelineError when a validation pair does not exist, or nothing would be left to train on
 */
export async function loadTrainingPairs(context: RunContext): Promise<TrainingPairs> {
  const pairs = await loadPairs(context, 'train');
  const { validation } = context.config;
  const ids = pairs.map(({ id }) => id);
  const held = new Set(typeof validation === 'number' ? ids.slice(Math.max(0, ids.length - validation)) : validation);
  const unknown = [...held].filter((id) => !ids.includes(id));
  if (unknown.length > 0 || held.size >= pairs.length) {
    throw new PipelineError({
      where: 'validation',
      expected: `some, not all, of the training pairs ${ids.join(', ')}`,
      got: [...held].join(', '),
      advice: 'name pairs of the training folder, or say how many',
    });
  }
  return {
    training: pairs.filter(({ id }) => !held.has(id)),
    validation: pairs.filter(({ id }) => held.has(id)),
    hash: await hashPairs(pairs),
  };
}

/** SHA-256 over ids and values of pairs. */
export async function hashPairs(pairs: readonly PreparedPair[]): Promise<string> {
  const parts: string[] = [];
  for (const { id, fixed, moving, fine, landmarks } of pairs) {
    const finer = fine ? [fine.fixed, fine.moving] : [];
    const arrays = [fixed, moving, ...finer, ...Object.values(landmarks ?? {}).flatMap((l) => [l.fixed, l.moving])];
    for (const { buffer, byteOffset, byteLength } of arrays) {
      parts.push(`${id} ${await sha256Hex(new Uint8Array(buffer, byteOffset, byteLength))}`);
    }
  }
  return sha256Hex(new TextEncoder().encode(parts.join('\n')));
}

/** A pair as a tensor [1, I, J, K, 2 labels]: fixed, moving. */
export function pairTensor({ fixed, moving, size: [i, j, k], labels = 1 }: PreparedPair): tf.Tensor5D {
  return tf.tidy(() => {
    const image = (data: Float32Array) => tf.tensor5d(data, [1, i, j, k, labels]);
    return tf.concat([image(fixed), image(moving)], 4);
  });
}

/** A pair under a random augmentation, [1, I, J, K, 2 labels]. */
export function augmentedTensor(pair: PreparedPair, config: AugmentConfig, random: Random): tf.Tensor5D {
  return drawnTensor(pair, drawAugmentation(random, pair.size, config));
}

/** A pair under an augmentation that has been drawn, [1, I, J, K, 2 labels]. */
export function drawnTensor(pair: PreparedPair, draw: Augmentation): tf.Tensor5D {
  return tf.tidy(() => tf.concat([drawnScan(pair, draw, 'fixed'), drawnScan(pair, draw, 'moving')], 4));
}

/** One of its scans, [1, I, J, K, labels]. Where the pair has finer scans, these are warped, then pooled. */
export function drawnScan(pair: PreparedPair, draw: Augmentation, scan: 'fixed' | 'moving'): tf.Tensor5D {
  const { labels = 1, fine = pair } = pair;
  const isFirst = scan === 'fixed' || draw.self;
  const data = isFirst === draw.swap ? fine.moving : fine.fixed;
  return tf.tidy(() => {
    const image = tf.tensor5d(data, [1, ...fine.size, labels]);
    const grid = tf.tensor5d(draw[scan], [1, ...pair.size, 3]);
    if (fine === pair) return gridSample3d(image, grid, { constantInput: true });
    const displacement = resize3d(tf.sub(grid, identityGrid(pair.size)), fine.size);
    return avgPool3d(warp3d(image, displacement), { size: factors(fine.size, pair.size) });
  });
}

const factors = (fine: Size3, coarse: Size3) => fine.map((n, axis) => n / coarse[axis]) as unknown as Size3;

/** Fixed and moving image of pairs [B, I, J, K, 2 labels]: [B, I, J, K, labels] each. */
export function splitPair(pair: tf.Tensor5D): [tf.Tensor5D, tf.Tensor5D] {
  const [batch, i, j, k, channels] = pair.shape;
  const labels = channels / 2;
  // At rank 2: slices of rank 5 are many times slower on some backends.
  const voxels = tf.reshape(pair, [-1, channels]);
  const image = (index: number) =>
    tf.reshape(tf.slice(voxels, [0, index * labels], [-1, labels]), [batch, i, j, k, labels]) as tf.Tensor5D;
  return [image(0), image(1)];
}

/** Values of the fixed and the moving image of a pair tensor [1, I, J, K, 2 labels]. */
export async function readPair(pair: tf.Tensor5D): Promise<[fixed: Float32Array, moving: Float32Array]> {
  const images = tf.tidy(() => splitPair(pair));
  const values = await Promise.all(images.map((image) => image.data()));
  tf.dispose(images);
  return values as [Float32Array, Float32Array];
}

/** Fixed and moving image of a pair tensor [1, I, J, K, 2 labels], pooled: [1, I/p, J/p, K/p, labels] each. */
export function pooledImages(pair: tf.Tensor5D, pool: number): [tf.Tensor5D, tf.Tensor5D] {
  const [fixed, moving] = splitPair(pair);
  if (pool === 1) return [fixed, moving];
  const size = pair.shape.slice(1, 4).map((n) => (n === 1 ? 1 : pool)) as [number, number, number];
  return [avgPool3d(fixed, { size }), avgPool3d(moving, { size })];
}

/** The grid after pooling; an axis of one slice stays. */
export function pooledSize(size: Size3, pool: number): Size3 {
  return size.map((n) => (n === 1 ? 1 : n / pool)) as unknown as Size3;
}
