import * as tf from '@tensorflow/tfjs-core';
import { adamUpdate, adamUpdateAll, hasAdamUpdateAll, type AdamOptions as Settings } from '@paired3d/ops';
import { NnError } from './errors';
import type { HostTensor } from './hostTensor';
import type { Optimiser } from './optimiser';
import { inPacks, joined, parted, type PackedMoments } from './packedMoments';
import type { Parameters } from './parameters';

/** Settings of Adam, with PyTorch's names and defaults. */
export interface AdamOptions {
  readonly learningRate: number;
  /** 0.9 by default */
  readonly beta1?: number;
  /** 0.999 by default */
  readonly beta2?: number;
  /** 1e-8 by default */
  readonly epsilon?: number;
  /** decoupled (AdamW, Loshchilov and Hutter 2019); 0 by default */
  readonly weightDecay?: number;
}

/** Endings of the moments' names, PyTorch's. */
const FIRST = '.exp_avg';
const SECOND = '.exp_avg_sq';

/**
 * Adam (Kingma and Ba, 2015) as PyTorch computes it.
 *
 * Resuming is bit-exact: the state holds the moments and the step count, and the powers of the betas are taken from
 * the count, not carried along.
 */
export class Adam implements Optimiser {
  private readonly first = new Map<string, tf.Tensor>();
  private readonly second = new Map<string, tf.Tensor>();
  /** Moments that are in neither of these. */
  private packs: PackedMoments[] = [];
  private steps = 0;

  constructor(
    private readonly parameters: Parameters,
    private readonly options: AdamOptions,
  ) {}

  /** Updates so far. */
  get step(): number {
    return this.steps;
  }

  apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate = this.options.learningRate): void {
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = this.options;
    this.steps++;
    const settings = { learningRate, beta1, beta2, epsilon, weightDecay, step: this.steps };
    const weights = [...this.parameters.entries].filter(([name]) => gradients.has(name));
    if (hasAdamUpdateAll()) {
      for (const pack of inPacks(weights)) this.updateAll(pack, gradients, settings);
    } else {
      for (const [name, variable] of weights) this.update(name, variable, gradients.get(name)!, settings);
    }
  }

  private update(name: string, variable: tf.Variable, gradient: tf.Tensor, settings: Settings): void {
    const [m, v] = this.momentsOf(name, variable);
    const [p, nextM, nextV] = adamUpdate<tf.Tensor>(variable, gradient, m, v, settings);
    tf.dispose([m, v]);
    variable.assign(p);
    p.dispose();
    this.first.set(name, tf.keep(nextM));
    this.second.set(name, tf.keep(nextV));
  }

  private updateAll(
    weights: readonly [string, tf.Variable][],
    gradients: ReadonlyMap<string, tf.Tensor>,
    settings: Settings,
  ): void {
    const { names, m, v } = this.packed(weights);
    const variables = weights.map(([, variable]) => variable);
    const given = names.map((name) => gradients.get(name)!);
    const next = adamUpdateAll<tf.Tensor>(variables, given, m, v, settings);
    tf.dispose([m, v]);
    variables.forEach((variable, i) => variable.assign(next.parameters[i]));
    tf.dispose(next.parameters);
    this.packs = this.packs.filter((pack) => pack.m !== m);
    this.packs.push({ names, m: tf.keep(next.m), v: tf.keep(next.v) });
  }

  /** The moments of these weights as a pack. They are one already unless other weights had gradients before. */
  private packed(weights: readonly [string, tf.Variable][]): PackedMoments {
    const names = weights.map(([name]) => name);
    const found = this.packs.find((pack) => pack.names.join() === names.join());
    if (found) return found;
    for (const pack of this.packs.filter((pack) => pack.names.some((name) => names.includes(name)))) this.unpack(pack);
    const moments = weights.map(([name, variable]) => this.momentsOf(name, variable));
    const [m, v] = [0, 1].map((i) => tf.keep(joined(moments.map((pair) => pair[i]))));
    tf.dispose(moments);
    for (const name of names) {
      this.first.delete(name);
      this.second.delete(name);
    }
    return { names, m, v };
  }

  private unpack(pack: PackedMoments): void {
    const shapes = pack.names.map((name) => this.parameters.entries.get(name)!.shape);
    const [m, v] = [pack.m, pack.v].map((whole) => parted(whole, shapes));
    pack.names.forEach((name, i) => {
      this.first.set(name, tf.keep(m[i]));
      this.second.set(name, tf.keep(v[i]));
    });
    tf.dispose([pack.m, pack.v]);
    this.packs = this.packs.filter((other) => other !== pack);
  }

  private momentsOf(name: string, variable: tf.Variable): [m: tf.Tensor, v: tf.Tensor] {
    return [this.first.get(name) ?? tf.zerosLike(variable), this.second.get(name) ?? tf.zerosLike(variable)];
  }

  /** Moments (`<name>.exp_avg`, `<name>.exp_avg_sq`) and `step`, on the host. */
  async state(): Promise<Map<string, HostTensor>> {
    for (const pack of this.packs) this.unpack(pack);
    const state = new Map<string, HostTensor>();
    state.set('step', { dtype: 'I32', shape: [], data: Int32Array.of(this.steps) });
    for (const [suffix, moments] of [
      [FIRST, this.first],
      [SECOND, this.second],
    ] as const) {
      for (const [name, tensor] of moments) {
        state.set(name + suffix, {
          dtype: 'F32',
          shape: tensor.shape,
          data: (await tensor.data()) as Float32Array,
        });
      }
    }
    return state;
  }

  load(state: ReadonlyMap<string, HostTensor>): void {
    const { step, names } = this.checked(state);
    this.disposeMoments();
    this.steps = step;
    for (const [moments, suffix] of [
      [this.first, FIRST],
      [this.second, SECOND],
    ] as const) {
      for (const name of names) {
        const { data, shape } = state.get(name + suffix)!;
        moments.set(name, tf.keep(tf.tensor(data as Float32Array, [...shape], 'float32')));
      }
    }
  }

  /** The step count of a state and the weights that it has moments of. */
  private checked(state: ReadonlyMap<string, HostTensor>): { step: number; names: Set<string> } {
    const fail = (expected: string, got: string) =>
      new NnError('Adam.load', expected, got, 'load what Adam.state() of this model returned');
    const step = Number(state.get('step')?.data[0]);
    if (!Number.isInteger(step) || step < 0) throw fail("a count of steps as 'step'", `${step}`);
    const names = new Set<string>();
    for (const key of state.keys()) {
      if (key === 'step') continue;
      const suffix = [FIRST, SECOND].find((end) => key.endsWith(end));
      if (!suffix) throw fail(`names ending in ${FIRST} or ${SECOND}`, key);
      names.add(key.slice(0, -suffix.length));
    }
    for (const name of names) {
      const shape = this.parameters.entries.get(name)?.shape;
      if (!shape) throw fail(`moments of ${[...this.parameters.entries.keys()].join(', ')}`, name);
      for (const suffix of [FIRST, SECOND]) {
        const given = state.get(name + suffix);
        const got = given ? `${given.dtype} [${given.shape}]` : 'none';
        const fits = given?.dtype === 'F32' && tf.util.arraysEqual(shape, [...given.shape]);
        if (!fits) throw fail(`${name}${suffix} as F32 [${shape}]`, got);
      }
    }
    return { step, names };
  }

  dispose(): void {
    this.disposeMoments();
  }

  private disposeMoments(): void {
    for (const moments of [this.first, this.second]) {
      for (const tensor of moments.values()) tensor.dispose();
      moments.clear();
    }
    for (const { m, v } of this.packs) tf.dispose([m, v]);
    this.packs = [];
  }
}
