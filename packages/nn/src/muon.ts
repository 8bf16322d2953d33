import * as tf from '@tensorflow/tfjs-core';
import { Adam, type AdamOptions } from './adam';
import { NnError } from './errors';
import type { HostTensor } from './hostTensor';
import type { Optimiser } from './optimiser';
import { orthogonaliseHere } from './orthogonalise';
import type { Parameters } from './parameters';

/** Settings of Muon; those of Adam are for the weights that are not hidden matrices, with the same rate and decay. */
export interface MuonOptions extends AdamOptions {
  /**
   * Weights that map features to features, of two axes or more. Leave out embeddings, what reads the input and what writes
   * the output.
   */
  readonly hidden: (name: string) => boolean;
  /** 0.95 by default */
  readonly momentum?: number;
}

/** What a setting may ask for. */
export type OptimiserName = 'adam' | 'muon';

/** Ending of the momentum's names, PyTorch's. */
const MOMENTUM = '.momentum_buffer';

/**
 * Muon (Jordan et al., 2024): hidden matrices move by their Nesterov momentum with its singular values set to about 1, so that
 * rare directions of the gradient count as much as frequent ones; everything else moves by Adam. As PyTorch's
 * `torch.optim.Muon` with `adjust_lr_fn="match_rms_adamw"` (Liu et al., 2025): updates as large as Adam's are, so that rates and
 * decay of Adam serve. The weight of a convolution is the matrix of its outputs by all that they see.
 *
 * Resuming is bit-exact.
 */
export class Muon implements Optimiser {
  private readonly adam: Adam;
  private readonly momenta = new Map<string, tf.Tensor>();

  constructor(
    private readonly parameters: Parameters,
    private readonly options: MuonOptions,
  ) {
    this.adam = new Adam(parameters, options);
  }

  get step(): number {
    return this.adam.step;
  }

  async apply(
    gradients: ReadonlyMap<string, tf.Tensor>,
    learningRate = this.options.learningRate,
    orthogonalise = orthogonaliseHere,
  ): Promise<void> {
    const matrices = new Map<string, tf.Tensor2D>();
    const others = new Map(gradients);
    let directions = new Map<string, tf.Tensor2D>();
    try {
      for (const [name, variable] of this.parameters.entries) {
        const gradient = gradients.get(name);
        if (!gradient || !this.isMatrix(name, variable)) continue;
        others.delete(name);
        matrices.set(name, this.gather(name, gradient));
      }
      directions = await orthogonalise(matrices);
      for (const [name, direction] of directions) this.move(name, direction, learningRate);
    } finally {
      tf.dispose([...matrices.values(), ...directions.values()]);
    }
    this.adam.apply(others, learningRate);
  }

  private isMatrix(name: string, weight: { readonly shape: readonly number[] }): boolean {
    return weight.shape.length > 1 && this.options.hidden(name);
  }

  /** Adds a gradient to the momentum of its weight: where Nesterov's step would go, as a matrix. */
  private gather(name: string, gradient: tf.Tensor): tf.Tensor2D {
    const { momentum = 0.95 } = this.options;
    const before = this.momenta.get(name);
    const [next, matrix] = tf.tidy(() => {
      const towards = (from: tf.Tensor, to: tf.Tensor, share: number) =>
        tf.add(tf.mul(from, 1 - share), tf.mul(to, share));
      const buffer = towards(before ?? tf.zerosLike(gradient), gradient, 1 - momentum);
      // A linear layer is [out, in], a convolution [..., in, out]: the last axis is a side of the matrix, all others the other.
      const columns = gradient.shape[gradient.rank - 1];
      return [buffer, tf.reshape<tf.Rank.R2>(towards(gradient, buffer, momentum), [-1, columns])];
    });
    before?.dispose();
    this.momenta.set(name, tf.keep(next));
    return matrix as tf.Tensor2D;
  }

  private move(name: string, direction: tf.Tensor2D, learningRate: number): void {
    const { weightDecay = 0 } = this.options;
    const variable = this.parameters.entries.get(name)!;
    const rate = learningRate * 0.2 * Math.sqrt(Math.max(...direction.shape));
    tf.tidy(() => {
      const change = tf.mul(tf.reshape(direction, variable.shape), rate);
      variable.assign(tf.sub(tf.mul(variable, 1 - learningRate * weightDecay), change));
    });
  }

  /** The state of Adam for the other weights, and `<name>.momentum_buffer`. */
  async state(): Promise<Map<string, HostTensor>> {
    const state = await this.adam.state();
    for (const [name, tensor] of this.momenta) {
      const data = (await tensor.data()) as Float32Array;
      state.set(name + MOMENTUM, { dtype: 'F32', shape: tensor.shape, data });
    }
    return state;
  }

  load(state: ReadonlyMap<string, HostTensor>): void {
    const ofAdam = new Map<string, HostTensor>();
    const momenta = new Map<string, HostTensor>();
    for (const [key, tensor] of state) {
      if (key.endsWith(MOMENTUM)) momenta.set(key.slice(0, -MOMENTUM.length), tensor);
      else ofAdam.set(key, tensor);
    }
    for (const [name, tensor] of momenta) this.checkMomentum(name, tensor);
    const moment = [...ofAdam.keys()].find((key) => this.isOfMatrix(key));
    if (moment) throw wrongState('a momentum of this hidden matrix', moment);
    this.adam.load(ofAdam);
    this.disposeMomenta();
    for (const [name, { data, shape }] of momenta) {
      this.momenta.set(name, tf.keep(tf.tensor(data as Float32Array, [...shape], 'float32')));
    }
  }

  private checkMomentum(name: string, { dtype, shape }: HostTensor): void {
    const variable = this.parameters.entries.get(name);
    if (!variable || !this.isMatrix(name, variable)) throw wrongState('momenta of hidden matrices', name);
    if (dtype !== 'F32' || !tf.util.arraysEqual(variable.shape, [...shape])) {
      throw wrongState(`${name}${MOMENTUM} as F32 [${variable.shape}]`, `${dtype} [${shape}]`);
    }
  }

  /** Whether a key of Adam's state belongs to a weight that Adam does not move. */
  private isOfMatrix(key: string): boolean {
    return [...this.parameters.entries].some(
      ([name, variable]) => this.isMatrix(name, variable) && key.startsWith(`${name}.`),
    );
  }

  dispose(): void {
    this.adam.dispose();
    this.disposeMomenta();
  }

  private disposeMomenta(): void {
    tf.dispose([...this.momenta.values()]);
    this.momenta.clear();
  }
}

/**
 * The optimiser of that name: 'muon' moves what `hidden` says by Muon and the rest by Adam, 'adam' (by default) all by Adam.
 */
export function optimiserOf(name: OptimiserName | undefined, parameters: Parameters, options: MuonOptions): Optimiser {
  return name === 'muon' ? new Muon(parameters, options) : new Adam(parameters, options);
}

function wrongState(expected: string, got: string): NnError {
  return new NnError('Muon.load', expected, got, 'load what Muon.state() of this model returned');
}
