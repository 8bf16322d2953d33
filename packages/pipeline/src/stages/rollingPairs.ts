import { Random } from '@paired3d/nn';
import type { AugmentConfig } from '../data/augment';
import type { PreparedPair } from '../data/types';
import { augmentedTensor } from './pairs';

/** Augmented pairs that are at hand at any time, for all samples of a batch. */
const SLOTS = 16;
/** Samples that are drawn for each pair that is made anew. */
const SERVED = 4;

/**
 * A rolling stock of augmented pairs: augmenting a whole pair costs more than a step on a crop of it, so each serves a
 * number of steps. Each place in the batch has a stock of its own, so that samples can be made on different threads; all
 * of them renew a pair at the same step. What a stock holds depends on step and place alone, never on where a run was
 * interrupted.
 */
export class RollingPairs {
  private readonly stock = new Map<number, { generation: number; data: Float32Array }>();
  private readonly slots: number;
  private readonly every: number;

  constructor(
    private readonly pairs: readonly PreparedPair[],
    private readonly augmentation: AugmentConfig,
    private readonly seed: number,
    private readonly place: { readonly index: number; readonly batch: number },
  ) {
    this.slots = Math.max(1, Math.round(SLOTS / place.batch));
    this.every = SERVED * place.batch;
  }

  /** One of the pairs at hand in a step, [I, J, K, 2 labels] row-major. */
  async pick(step: number, random: Random): Promise<Float32Array> {
    const latest = Math.floor(step / this.every);
    // When it is due, not when it is first picked: threads that wait for each other then are busy at the same time.
    await this.hold(latest);
    const slot = random.integer(this.slots);
    return this.hold(latest - modulo(latest - slot, this.slots));
  }

  private async hold(generation: number): Promise<Float32Array> {
    const slot = modulo(generation, this.slots);
    const held = this.stock.get(slot);
    if (held?.generation === generation) return held.data;
    const { index, batch } = this.place;
    const serial = generation * batch + index;
    const pair = this.pairs[modulo(serial, this.pairs.length)];
    const tensor = augmentedTensor(pair, this.augmentation, Random.of(this.seed, 'rolling pairs', serial));
    const data = (await tensor.data()) as Float32Array;
    tensor.dispose();
    this.stock.set(slot, { generation, data });
    return data;
  }
}

const modulo = (a: number, n: number) => ((a % n) + n) % n;
