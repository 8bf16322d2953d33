import * as tf from '@tensorflow/tfjs-core';
import { StateDictError } from './errors';
import { widened } from './halfPrecision';
import type { HostTensor } from './hostTensor';
import type { Parameters } from './parameters';

/**
 * PyTorch keeps convolution weights as [out, in, kD, kH, kW] (transposed ones as [in, out, …]); here the kernel comes
 * first and the channels follow in reverse. One pair of permutations serves both, and only at this edge.
 */
const TO_PYTORCH = [4, 3, 0, 1, 2];
const FROM_PYTORCH = [2, 3, 4, 1, 0];

/** 2D convolutions are kept as one-slice 3D ones; PyTorch's have no slice axis. */
export interface StateDictOptions {
  /** 2 drops (and adds back) the slice axis of convolution weights; 3 by default */
  readonly spatialDims?: 2 | 3;
}

/** The weights on the host, in PyTorch's layout and names. */
export async function stateDict(
  parameters: Parameters,
  options: StateDictOptions = {},
): Promise<Map<string, HostTensor>> {
  const result = new Map<string, HostTensor>();
  for (const [name, variable] of parameters.entries) {
    const tensor = tf.tidy(() => (variable.rank === 5 ? tf.transpose(variable, TO_PYTORCH) : tf.clone(variable)));
    const data = (await tensor.data()) as Float32Array;
    tensor.dispose();
    result.set(name, { dtype: 'F32', shape: pytorchShape(variable.shape, options), data: data.slice() });
  }
  return result;
}

/**
 * Sets every weight from a state dict in PyTorch's layout, float32 or float16. Nothing is changed when it does not fit.
 * @throws StateDictError listing all tensors that are missing, extra or misshapen
 */
export function loadStateDict(
  parameters: Parameters,
  state: ReadonlyMap<string, HostTensor>,
  options: StateDictOptions = {},
): void {
  const entries = parameters.entries;
  const missing = [...entries.keys()].filter((name) => !state.has(name));
  const extra = [...state.keys()].filter((name) => !entries.has(name));
  const misshapen: string[] = [];
  for (const [name, variable] of entries) {
    const given = state.get(name);
    const wanted = pytorchShape(variable.shape, options);
    if (given && (!/^F(32|16)$/.test(given.dtype) || !tf.util.arraysEqual([...given.shape], wanted))) {
      misshapen.push(`${name} (F32 [${wanted}] wanted, ${given.dtype} [${given.shape}] given)`);
    }
  }
  if (missing.length || extra.length || misshapen.length) throw new StateDictError(missing, extra, misshapen);
  for (const [name, variable] of entries) {
    tf.tidy(() => {
      const data = widened(state.get(name)!).data as Float32Array;
      const shape = variable.shape;
      const stored = shape.length === 5 ? TO_PYTORCH.map((axis) => shape[axis]) : shape;
      const tensor = tf.tensor(data, stored, 'float32');
      variable.assign(shape.length === 5 ? tf.transpose(tensor, FROM_PYTORCH) : tensor);
    });
  }
}

function pytorchShape(shape: readonly number[], { spatialDims = 3 }: StateDictOptions): number[] {
  if (shape.length !== 5) return [...shape];
  const permuted = TO_PYTORCH.map((axis) => shape[axis]);
  if (spatialDims === 2) permuted.splice(2, 1);
  return permuted;
}
