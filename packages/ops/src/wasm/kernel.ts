import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { Call } from './heap';

/** One tfjs kernel: reads its inputs, allocates its outputs through `call`. */
export interface WasmKernel {
  readonly name: string;
  run(call: Call, inputs: Record<string, TensorInfo>, attributes: NamedAttrMap): TensorInfo | TensorInfo[];
}

/** Declares a kernel with the types of its inputs and attributes. */
export function kernel<Inputs extends string, Attributes extends object = object>(
  name: string,
  run: (call: Call, inputs: Record<Inputs, TensorInfo>, attributes: Attributes) => TensorInfo | TensorInfo[],
): WasmKernel {
  return { name, run: run as unknown as WasmKernel['run'] };
}
