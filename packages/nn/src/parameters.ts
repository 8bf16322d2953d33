import * as tf from '@tensorflow/tfjs-core';
import { NnError } from './errors';
import { Random } from './random';

interface Root {
  readonly entries: Map<string, tf.Variable>;
}

/**
 * The named weights of a model, in order of creation. Names are those that PyTorch gives: scopes joined by dots.
 *
 * A scope shares the weights of its root: `parameters.scope('encode').add('weight', …)` adds `encode.weight`.
 * Initial values are drawn from a generator keyed by the full name, so they do not depend on the order of creation.
 */
export class Parameters {
  private readonly root: Root;
  private readonly prefix: string;

  constructor(
    private readonly random: Random,
    parent?: { root: Root; prefix: string },
  ) {
    this.root = parent?.root ?? { entries: new Map() };
    this.prefix = parent?.prefix ?? '';
  }

  /** A view that puts `name.` in front of what is added through it. */
  scope(name: string | number): Parameters {
    return new Parameters(this.random, { root: this.root, prefix: `${this.prefix}${name}.` });
  }

  /**
   * Adds a float32 weight.
   * @param initial one value for all elements, or a function of the generator of this weight and its element count
   * @throws NnError when the name is taken
   */
  add(
    name: string,
    shape: readonly number[],
    initial: number | ((random: Random, size: number) => Float32Array),
  ): tf.Variable {
    const full = this.prefix + name;
    if (this.root.entries.has(full)) {
      throw new NnError('Parameters.add', 'a new name', `'${full}' twice`, 'give each layer a scope of its own');
    }
    const size = tf.util.sizeFromShape([...shape]);
    const values =
      typeof initial === 'number' ? new Float32Array(size).fill(initial) : initial(this.random.fork(full), size);
    const variable = tf.tidy(() => tf.variable(tf.tensor(values, [...shape], 'float32'), true));
    this.root.entries.set(full, variable);
    return variable;
  }

  /** Every weight below this scope, by its full name. */
  get entries(): ReadonlyMap<string, tf.Variable> {
    if (!this.prefix) return this.root.entries;
    return new Map([...this.root.entries].filter(([name]) => name.startsWith(this.prefix)));
  }

  /** Number of weights below this scope. */
  get count(): number {
    let count = 0;
    for (const variable of this.entries.values()) count += variable.size;
    return count;
  }

  /** Frees every weight below this scope. */
  dispose(): void {
    for (const [name, variable] of this.entries) {
      variable.dispose();
      this.root.entries.delete(name);
    }
  }
}
