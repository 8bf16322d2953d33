import { Random } from '@paired3d/nn';
import * as tf from '@tensorflow/tfjs-core';
import { DiffusionError } from './config';
import type { Denoiser } from './denoiser';
import { drawCode, type DrawOptions, type DrawnCode } from './draw';
import { Gibbs, type GibbsOptions } from './gibbs';
import { haltonRanks } from './halton';
import { revealedShare, sampleSchedules, type SampleSchedule } from './schedule';

/** Orders in which masked tokens are revealed. */
export const sampleOrders = ['random', 'confidence', 'halton'] as const;
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
   * code is likeliest (after Chang et al., MaskGIT, CVPR 2022): smoother grids that vary less; `halton`, those that are
   * spread most evenly, in an order that is shifted at random (Besnier et al., ICLR 2025)
   */
  readonly order?: SampleOrder;
  /** weight of Gumbel noise on the log probabilities that confidence goes by, annealed to 0; 0 by default (4.5 in MaskGIT) */
  readonly noise?: number;
  /** how many tokens are revealed in each pass, in all images or in each of them; `linear` by default */
  readonly schedule?: SampleSchedule | readonly SampleSchedule[];
  /** draw among the likeliest codes whose probabilities reach this sum alone; 1 (all) by default */
  readonly topP?: number;
  /**
   * share of the revealed tokens that each pass but the last masks again, so that early draws can be mended (ReMDM with
   * capped rate, Wang et al., 2025, arXiv:2503.00307); 0 by default
   */
  readonly remask?: number;
  /** further passes that draw the finished sample again, so that its tokens come to agree; none by default */
  readonly gibbs?: GibbsOptions;
  /** tokens [T] of each item that are known, masked (= codes) where they are to be sampled; none by default */
  readonly given?: readonly ArrayLike<number>[];
  /** item i is sample number `first + i`; its randomness is keyed by (seed, number), not by the batch. 0 by default */
  readonly first?: number;
  /** called, and waited for, after each pass with the tokens so far [B * T] (masked = codes) */
  readonly onStep?: (step: number, tokens: Int32Array) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

/**
 * Ancestral sampling (paper, section 2.2; Bond-Taylor et al., 2022, algorithm 2): in random order, at pass s of S, each
 * token still masked is revealed with probability 1 / (S - s), drawn from softmax(logits / temperature). In another order
 * that share of them is revealed; another schedule has other shares. Passes of block Gibbs sampling may follow.
 * @returns codes of `count` items, T each
 * @throws DiffusionError for settings that make no sense and for logits that are no numbers; the signal's reason when aborted
 */
export async function sample(denoiser: Denoiser, count: number, options: SampleOptions): Promise<Int32Array[]> {
  check(denoiser, count, options);
  const { steps, gibbs, seed, first = 0, onStep, signal } = options;
  const passes = steps + (gibbs?.passes ?? 0);
  const { maskId, tokens: length } = denoiser;
  const items = Array.from({ length: count }, (_, i) => {
    const tokens = Int32Array.from(options.given?.[i] ?? new Int32Array(length).fill(maskId));
    return new Item(denoiser, tokens, Random.of(seed, 'sample', first + i), options);
  });
  const all = () => {
    const tokens = new Int32Array(count * length);
    items.forEach((item, i) => tokens.set(item.tokens, i * length));
    return tokens;
  };
  for (let step = 0; step < passes; step++) {
    signal?.throwIfAborted();
    const rows = items.map((item) => item.candidates(step));
    const flat = rows.flatMap((own, i) => own.map((at) => i * length + at));
    if (flat.length > 0) {
      const logits = await logitsAt(denoiser, all(), count, flat);
      let row = 0;
      items.forEach((item, i) => {
        item.reveal(step, rows[i], logits.subarray(row * denoiser.config.codes));
        row += rows[i].length;
      });
    }
    await onStep?.(step + 1, all());
  }
  return items.map(({ tokens }) => tokens);
}

/** The tokens of a sample on their way. What it draws does not depend on others in its batch. */
class Item {
  private readonly known: readonly boolean[];
  private readonly ranks: Int32Array | undefined;
  private readonly perImage: number;
  private readonly counts: readonly number[];
  private readonly gibbs: Gibbs | undefined;

  constructor(
    private readonly denoiser: Denoiser,
    readonly tokens: Int32Array,
    private readonly random: Random,
    private readonly options: SampleOptions,
  ) {
    const {
      grid: [images, ...grid],
      ranges,
    } = denoiser.config;
    this.perImage = tokens.length / images;
    denoiser.present.forEach((places, image) => {
      places.forEach((there, at) => {
        if (!there) tokens[image * this.perImage + at] = ranges?.[image][0] ?? 0;
      });
    });
    this.counts = denoiser.present.map((places) => places.filter(Boolean).length);
    this.known = Array.from(tokens, (token) => token !== denoiser.maskId);
    const { gibbs, temperature } = options;
    if (gibbs) this.gibbs = new Gibbs(denoiser, tokens, this.known, temperature, gibbs);
    if (options.order === 'halton') {
      this.ranks = haltonRanks(grid, [random.uniform(), random.uniform(), random.uniform()]);
    }
  }

  /** Tokens that a pass may reveal, ascending: all that it will, or in order of confidence all that are masked. */
  candidates(step: number): number[] {
    const { order = 'random', steps } = this.options;
    if (step >= steps) return this.gibbs!.mask(step - steps);
    const masked = [...this.tokens.keys()].filter((at) => this.tokens[at] === this.denoiser.maskId);
    if (order === 'confidence') return masked;
    if (order === 'random') return masked.filter((at) => this.random.uniform() < this.share(step, at));
    const rank = (at: number) => this.ranks![at % this.perImage];
    return this.first(step, masked, (a, b) => rank(a) - rank(b)).sort((a, b) => a - b);
  }

  /** Draws codes for the candidates of a pass, keeps those that it reveals, and masks some of the others again. */
  reveal(step: number, rows: readonly number[], logits: Float32Array): void {
    const { order = 'random', noise = 0, remask = 0, steps, temperature, topP = 1 } = this.options;
    if (step >= steps) return this.gibbs!.draw(step - steps, rows, logits, this.random);
    const { codes, ranges } = this.denoiser.config;
    const before = remask > 0 ? this.tokens.slice() : undefined;
    const drawn = new Map(
      rows.map((at, row): [number, DrawnCode] => {
        const range = ranges?.[this.image(at)] ?? ([0, codes] as const);
        const draw: DrawOptions = { temperature, topP, range };
        return [at, drawCode(logits, row * codes, draw, this.random)];
      }),
    );
    let kept = rows;
    if (order === 'confidence') {
      const annealed = noise * (1 - (step + 1) / steps);
      const scores = new Map(
        rows.map((at) => [at, Math.log(drawn.get(at)!.probability) + annealed * this.gumbel(annealed)]),
      );
      kept = this.first(step, rows, (a, b) => scores.get(b)! - scores.get(a)! || a - b);
    }
    for (const at of kept) this.tokens[at] = drawn.get(at)!.code;
    if (before) this.maskAgain(step, before);
  }

  /** The first tokens of each image by an order, as many as the pass reveals. */
  private first(step: number, masked: readonly number[], order: (a: number, b: number) => number): number[] {
    const images: number[][] = [];
    for (const at of masked) (images[this.image(at)] ??= []).push(at);
    return images.flatMap((own) => own.sort(order).slice(0, Math.ceil(own.length * this.share(step, own[0]))));
  }

  /** Share of the masked tokens of an image that a pass reveals. */
  private share(step: number, at: number): number {
    const [before, after] = this.revealed(step, at);
    return (after - (1 - this.rate(step, at)) * before) / (1 - before);
  }

  /** Share of the tokens revealed earlier that a pass masks again: no more than can be revealed in time. */
  private rate(step: number, at: number): number {
    const { remask = 0 } = this.options;
    const [before, after] = this.revealed(step, at);
    return before > 0 ? Math.min(remask, (1 - after) / before) : 0;
  }

  private maskAgain(step: number, before: Int32Array): void {
    const { maskId } = this.denoiser;
    for (let at = 0; at < before.length; at++) {
      if (this.known[at] || before[at] === maskId) continue;
      if (this.random.uniform() < this.rate(step, at)) this.tokens[at] = maskId;
    }
  }

  /** Shares of an image's tokens that are revealed before and after a pass. */
  private revealed(step: number, at: number): [before: number, after: number] {
    const { schedule = 'linear', steps } = this.options;
    const own = typeof schedule === 'string' ? schedule : schedule[this.image(at)];
    const count = this.counts[this.image(at)];
    return [revealedShare(own, step / steps, count), revealedShare(own, (step + 1) / steps, count)];
  }

  private image(at: number): number {
    return Math.floor(at / this.perImage);
  }

  /** A draw from the standard Gumbel distribution, where it is needed. */
  private gumbel(weight: number): number {
    return weight === 0 ? 0 : -Math.log(-Math.log(1 - this.random.uniform()));
  }
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

function check(denoiser: Denoiser, count: number, options: SampleOptions): void {
  const { steps, temperature, schedule = 'linear', topP = 1, remask = 0, noise = 0, gibbs, given } = options;
  const require = (ok: boolean, expected: string, got: string) => {
    if (!ok) throw new DiffusionError('sample', expected, got, 'correct the settings');
  };
  require(Number.isInteger(steps) &&
    steps > 0 &&
    temperature > 0 &&
    Number.isInteger(count) &&
    count >
      0, 'count and steps of at least 1 and a positive temperature', `count ${count}, steps ${steps}, temperature ${temperature}`);
  const [images] = denoiser.config.grid;
  const all = typeof schedule === 'string' ? new Array<SampleSchedule>(images).fill(schedule) : schedule;
  require(all.length === images &&
    all.every((name) =>
      sampleSchedules.includes(name),
    ), `one of the schedules ${sampleSchedules.join(', ')}, or ${images} of them`, JSON.stringify(schedule));
  require(topP > 0 && topP <= 1, 'topP above 0 and at most 1', `${topP}`);
  require(remask >= 0 && remask < 1, 'remask of at least 0 and below 1', `${remask}`);
  require(noise >= 0 && Number.isFinite(noise), 'noise of at least 0', `${noise}`);
  if (gibbs) {
    const { passes, temperature: last, background, images: again = [] } = gibbs;
    require(Number.isInteger(passes) &&
      passes >= 0 &&
      last > 0 &&
      background > 0 &&
      again.every(
        (image) => Number.isInteger(image) && image >= 0 && image < images,
      ), `gibbs of 0 passes or more, positive temperatures and images from 0 to ${images - 1}`, JSON.stringify(gibbs));
  }
  const fits = (item: ArrayLike<number>) =>
    item.length === denoiser.tokens && Array.from(item).every((id) => id >= 0 && id <= denoiser.maskId);
  require(!given ||
    (given.length === count &&
      given.every(
        fits,
      )), `${count} given items of ${denoiser.tokens} codes`, `${given?.length} of ${given?.map(({ length }) => length)}`);
}
