import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { Call } from './call';

/** One tfjs kernel: reads its inputs, allocates its outputs through `call`. */
export interface WebgpuKernel {
  readonly name: string;
  run(call: Call, inputs: Record<string, TensorInfo>, attributes: NamedAttrMap): TensorInfo | TensorInfo[];
}

/** Stands in for one of tfjs's own. */
export interface StockKernel extends WebgpuKernel {
  /** What it does not serve goes to tfjs's own kernel. */
  serves(inputs: readonly TensorInfo[], attributes: NamedAttrMap): boolean;
}

/** Declares a kernel with the types of its inputs and attributes. */
export function kernel<Inputs extends string, Attributes extends object = object>(
  name: string,
  run: (call: Call, inputs: Record<Inputs, TensorInfo>, attributes: Attributes) => TensorInfo | TensorInfo[],
): WebgpuKernel {
  return { name, run: run as unknown as WebgpuKernel['run'] };
}
