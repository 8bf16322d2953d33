import { Random } from '@paired3d/nn';
import * as tf from '@tensorflow/tfjs-core';
import { DiffusionError } from './config';
import type { Denoiser } from './denoiser';

/** Settings of the sampler. */
export interface SampleOptions {
  /** denoising passes; 256 in the paper, at most T are useful */
  readonly steps: number;
  /** divides the logits; 0.9 in the paper */
  readonly temperature: number;
  readonly seed: number;
  /** item i is sample number `first + i`; its randomness is keyed by (seed, number), not by the batch. 0 by default */
  readonly first?: number;
  /** called, and waited for, after each pass with the tokens so far [B * T] (masked = codes) */
  readonly onStep?: (step: number, tokens: Int32Array) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

/**
 * Ancestral sampling in random order (paper, section 2.2; Bond-Taylor et al., 2022, algorithm 2): at pass s of S each
 * token still masked is revealed with probability 1 / (S - s), drawn from softmax(logits / temperature).
 * @returns codes of `count` items, T each
 * @throws DiffusionError for settings that make no sense and for logits that are no numbers; the signal's reason when aborted
 */
export async function sample(denoiser: Denoiser, count: number, options: SampleOptions): Promise<Int32Array[]> {
  const { steps, temperature, seed, first = 0, onStep, signal } = options;
  if (!(Number.isInteger(steps) && steps > 0 && temperature > 0 && Number.isInteger(count) && count > 0)) {
    throw new DiffusionError(
      'sample',
      'count and steps of at least 1 and a positive temperature',
      `count ${count}, steps ${steps}, temperature ${temperature}`,
      'correct the settings',
    );
  }
  const length = denoiser.tokens;
  const tokens = new Int32Array(count * length).fill(denoiser.maskId);
  const randoms = Array.from({ length: count }, (_, i) => Random.of(seed, 'sample', first + i));
  for (let step = 0; step < steps; step++) {
    signal?.throwIfAborted();
    const revealed = chooseRevealed(tokens, length, denoiser.maskId, 1 / (steps - step), randoms);
    if (revealed.length > 0) {
      const logits = await logitsAt(denoiser, tokens, count, revealed);
      revealed.forEach((at, row) => {
        const random = randoms[Math.floor(at / length)];
        tokens[at] = drawCategorical(logits, row * denoiser.config.codes, denoiser.config.codes, temperature, random);
      });
    }
    await onStep?.(step + 1, tokens.slice());
  }
  return Array.from({ length: count }, (_, i) => tokens.slice(i * length, (i + 1) * length));
}

function chooseRevealed(tokens: Int32Array, length: number, maskId: number, probability: number, randoms: Random[]) {
  const revealed: number[] = [];
  for (let at = 0; at < tokens.length; at++) {
    // A number is drawn only for masked tokens, item by item, so that a sample does not depend on its batch.
    if (tokens[at] === maskId && randoms[Math.floor(at / length)].uniform() < probability) revealed.push(at);
  }
  return revealed;
}

/** Logits [rows, codes] of the tokens that are about to be revealed: the last block and the head see no others. */
async function logitsAt(denoiser: Denoiser, tokens: Int32Array, count: number, rows: number[]): Promise<Float32Array> {
  const logits = tf.tidy(() => {
    const ids = tf.tensor2d(tokens, [count, denoiser.tokens], 'int32');
    return denoiser.head(denoiser.hiddenAt(ids, Int32Array.from(rows)));
  });
  const values = (await logits.data()) as Float32Array;
  logits.dispose();
  return values;
}

/** An index in 0..n-1 with probability softmax(values[start..] / temperature), by inversion in double precision. */
function drawCategorical(values: Float32Array, start: number, n: number, temperature: number, random: Random): number {
  let max = -Infinity;
  for (let i = 0; i < n; i++) max = Math.max(max, values[start + i]);
  let total = 0;
  for (let i = 0; i < n; i++) total += Math.exp((values[start + i] - max) / temperature);
  if (!Number.isFinite(total)) {
    throw new DiffusionError('sample', 'finite logits', `a sum of ${total}`, 'use a denoiser whose training converged');
  }
  let left = random.uniform() * total;
  for (let i = 0; i < n; i++) {
    left -= Math.exp((values[start + i] - max) / temperature);
    if (left < 0) return i;
  }
  return n - 1;
}
