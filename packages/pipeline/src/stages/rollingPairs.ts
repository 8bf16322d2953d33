import { Random } from '@paired3d/nn';
import type { AugmentConfig } from '../data/augment';
import type { PreparedPair } from '../data/types';
import { augmentedTensor } from './pairs';

/** Augmented pairs that are at hand at any time. */
const SLOTS = 16;
/** Steps after which one of them is made anew. */
const EVERY = 4;

/**
 * A rolling stock of augmented pairs: augmenting a whole pair costs more than a step on a crop of it, so each serves a
 * number of steps. What the stock holds depends on the step alone, never on where a run was interrupted.
 */
export class RollingPairs {
  private readonly stock = new Map<number, { generation: number; data: Float32Array }>();

  constructor(
    private readonly pairs: readonly PreparedPair[],
    private readonly augmentation: AugmentConfig,
    private readonly seed: number,
  ) {}

  /** One of the pairs at hand in a step, [I, J, K, 2] row-major. */
  async pick(step: number, random: Random): Promise<Float32Array> {
    const slot = random.integer(SLOTS);
    const latest = Math.floor(step / EVERY);
    const generation = latest - modulo(latest - slot, SLOTS);
    const held = this.stock.get(slot);
    if (held?.generation === generation) return held.data;
    const pair = this.pairs[modulo(generation, this.pairs.length)];
    const tensor = augmentedTensor(pair, this.augmentation, Random.of(this.seed, 'rolling pairs', generation));
    const data = (await tensor.data()) as Float32Array;
    tensor.dispose();
    this.stock.set(slot, { generation, data });
    return data;
  }
}

const modulo = (a: number, n: number) => ((a % n) + n) % n;
