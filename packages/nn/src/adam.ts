import * as tf from '@tensorflow/tfjs-core';
import { adamUpdate } from '@paired3d/ops';
import { NnError } from './errors';
import type { HostTensor } from './hostTensor';
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
export class Adam {
  private readonly first = new Map<string, tf.Tensor>();
  private readonly second = new Map<string, tf.Tensor>();
  private steps = 0;

  constructor(
    private readonly parameters: Parameters,
    private readonly options: AdamOptions,
  ) {}

  /** Updates so far. */
  get step(): number {
    return this.steps;
  }

  /**
   * One update; parameters without a gradient are left alone. Does not dispose the gradients.
   * @param learningRate replaces the one of the options, for schedules
   */
  apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate = this.options.learningRate): void {
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = this.options;
    this.steps++;
    for (const [name, variable] of this.parameters.entries) {
      const gradient = gradients.get(name);
      if (!gradient) continue;
      const m = this.first.get(name) ?? tf.zerosLike(variable);
      const v = this.second.get(name) ?? tf.zerosLike(variable);
      const [p, nextM, nextV] = adamUpdate(variable, gradient, m, v, {
        learningRate,
        beta1,
        beta2,
        epsilon,
        weightDecay,
        step: this.steps,
      });
      tf.dispose([m, v]);
      variable.assign(p);
      p.dispose();
      this.first.set(name, tf.keep(nextM));
      this.second.set(name, tf.keep(nextV));
    }
  }

  /** Moments (`<name>.exp_avg`, `<name>.exp_avg_sq`) and `step`, on the host. */
  async state(): Promise<Map<string, HostTensor>> {
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

  /**
   * Continues from a saved state.
   * @throws NnError when the state does not belong to these parameters; nothing is changed then
   */
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

  /** Frees the moments. */
  dispose(): void {
    this.disposeMoments();
  }

  private disposeMoments(): void {
    for (const moments of [this.first, this.second]) {
      for (const tensor of moments.values()) tensor.dispose();
      moments.clear();
    }
  }
}
