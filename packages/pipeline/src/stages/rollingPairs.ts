import { Random } from '@paired3d/nn';
import type { AugmentConfig } from '../data/augment';
import type { PreparedPair } from '../data/types';
import { augmentedTensor } from './pairs';

/** Things that are at hand at any time, for all samples of a batch. */
const SLOTS = 16;
/** Samples that are drawn for each augmented pair that is made anew. */
const SERVED = 4;

/** Where a stock is used, and how long what it holds serves. */
export interface RollingPlace {
  readonly index: number;
  readonly batch: number;
  /** samples that are drawn for each thing that is made anew */
  readonly served: number;
}

/**
 * A rolling stock of things that cost more to make than a training step on one of them, so that each serves a number of
 * steps. Each place in the batch has a stock of its own, so that samples can be made on different threads; all of them renew
 * one thing at the same step. What a stock holds depends on step and place alone, never on where a run was interrupted.
 */
export class Rolling<T> {
  private readonly stock = new Map<number, { generation: number; thing: T }>();
  private readonly slots: number;
  private readonly every: number;

  /** @param make thing number `serial`; those of different places have different numbers */
  constructor(
    private readonly make: (serial: number) => Promise<T>,
    private readonly place: RollingPlace,
  ) {
    this.slots = Math.max(1, Math.round(SLOTS / place.batch));
    this.every = place.served * place.batch;
  }

  /** One of the things at hand in a step. */
  async pick(step: number, random: Random): Promise<T> {
    const latest = Math.floor(step / this.every);
    // When it is due, not when it is first picked: threads that wait for each other then are busy at the same time.
    await this.hold(latest);
    const slot = random.integer(this.slots);
    return this.hold(latest - modulo(latest - slot, this.slots));
  }

  private async hold(generation: number): Promise<T> {
    const slot = modulo(generation, this.slots);
    const held = this.stock.get(slot);
    if (held?.generation === generation) return held.thing;
    const { index, batch } = this.place;
    const thing = await this.make(generation * batch + index);
    this.stock.set(slot, { generation, thing });
    return thing;
  }
}

/** A rolling stock of augmented pairs, [I, J, K, 2] row-major each. */
export class RollingPairs extends Rolling<Float32Array> {
  constructor(
    pairs: readonly PreparedPair[],
    augmentation: AugmentConfig,
    seed: number,
    place: Omit<RollingPlace, 'served'>,
  ) {
    super(
      async (serial) => {
        const pair = pairs[modulo(serial, pairs.length)];
        const tensor = augmentedTensor(pair, augmentation, Random.of(seed, 'rolling pairs', serial));
        const data = (await tensor.data()) as Float32Array;
        tensor.dispose();
        return data;
      },
      { ...place, served: SERVED },
    );
  }
}

/** The remainder of a division, not negative. */
export const modulo = (a: number, n: number): number => ((a % n) + n) % n;
