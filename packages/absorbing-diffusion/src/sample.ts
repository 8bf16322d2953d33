import { Random } from '@paired3d/nn';
import * as tf from '@tensorflow/tfjs-core';
import { DiffusionError } from './config';
import type { Denoiser } from './denoiser';

/** Orders in which masked tokens are revealed. */
export const sampleOrders = ['random', 'confidence'] as const;
export type SampleOrder = (typeof sampleOrders)[number];

/** Settings of the sampler. */
export interface SampleOptions {
  /** denoising passes; 256 in the paper, at most T are useful */
  readonly steps: number;
  /** divides the logits; 0.9 in the paper */
  readonly temperature: number;
  readonly seed: number;
  /**
   * which masked tokens are revealed first: `random`, any of them (the paper, the default); `confidence`, those whose drawn
   * code is likeliest, evenly many a pass (after Chang et al., MaskGIT, CVPR 2022): smoother grids that vary less
   */
  readonly order?: SampleOrder;
  /** item i is sample number `first + i`; its randomness is keyed by (seed, number), not by the batch. 0 by default */
  readonly first?: number;
  /** called, and waited for, after each pass with the tokens so far [B * T] (masked = codes) */
  readonly onStep?: (step: number, tokens: Int32Array) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

/**
 * Ancestral sampling in random order (paper, section 2.2; Bond-Taylor et al., 2022, algorithm 2): at pass s of S each
 * token still masked is revealed with probability 1 / (S - s), drawn from softmax(logits / temperature). In order of
 * confidence all are drawn, and the likeliest 1 / (S - s) of them revealed.
 * @returns codes of `count` items, T each
 * @throws DiffusionError for settings that make no sense and for logits that are no numbers; the signal's reason when aborted
 */
export async function sample(denoiser: Denoiser, count: number, options: SampleOptions): Promise<Int32Array[]> {
  const { steps, temperature, seed, order = 'random', first = 0, onStep, signal } = options;
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
    const part = 1 / (steps - step);
    // In order of confidence every masked token is drawn, and then part of them kept.
    const probability = order === 'random' ? part : 1;
    const rows = chooseRevealed(tokens, length, denoiser.maskId, probability, randoms);
    if (rows.length > 0) {
      const logits = await logitsAt(denoiser, tokens, count, rows);
      const { codes } = denoiser.config;
      const drawn = rows.map((at, row): Drawn => {
        const random = randoms[Math.floor(at / length)];
        return { at, ...drawCategorical(logits, row * codes, codes, temperature, random) };
      });
      const kept = order === 'random' ? drawn : surest(drawn, length, part);
      for (const { at, code } of kept) tokens[at] = code;
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

/** A code drawn for a token, and how likely it was. */
interface Drawn {
  readonly at: number;
  readonly code: number;
  readonly probability: number;
}

/** The likeliest `part` of each item's codes, rounded up. */
function surest(drawn: readonly Drawn[], length: number, part: number): Drawn[] {
  const items: Drawn[][] = [];
  for (const one of drawn) (items[Math.floor(one.at / length)] ??= []).push(one);
  return items.flatMap((own) =>
    own.sort((a, b) => b.probability - a.probability || a.at - b.at).slice(0, Math.ceil(own.length * part)),
  );
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

/** A code in 0..n-1 with probability softmax(values[start..] / temperature), by inversion in double precision. */
function drawCategorical(
  values: Float32Array,
  start: number,
  n: number,
  temperature: number,
  random: Random,
): Pick<Drawn, 'code' | 'probability'> {
  let max = -Infinity;
  for (let i = 0; i < n; i++) max = Math.max(max, values[start + i]);
  const weight = (i: number) => Math.exp((values[start + i] - max) / temperature);
  let total = 0;
  for (let i = 0; i < n; i++) total += weight(i);
  if (!Number.isFinite(total)) {
    throw new DiffusionError('sample', 'finite logits', `a sum of ${total}`, 'use a denoiser whose training converged');
  }
  let code = 0;
  for (let left = random.uniform() * total - weight(0); left >= 0 && code < n - 1; left -= weight(code)) code++;
  return { code, probability: weight(code) / total };
}
