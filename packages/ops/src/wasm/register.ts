import { findBackend, getBackend, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { present, register, replace } from '../registration';
import { adam } from './adam';
import { alongAxis } from './alongAxis';
import { attention, attentionGrad } from './attention';
import { addBias } from './bias';
import { instantiate } from './binary';
import { composeFields, composeFieldsGrad } from './composeFields';
import { conv3d, conv3dBackpropInput } from './conv3d';
import { conv3dBackpropFilter } from './conv3d.filter';
import { correlation, correlationGrad } from './correlation';
import { crossEntropy, crossEntropyGrad, weightedCrossEntropy, weightedCrossEntropyGrad } from './crossEntropy';
import { embeddingForward, embeddingGrad } from './embedding';
import { WasmBackendError } from './errors';
import { gelu, geluGrad } from './gelu';
import { gridSample3d, gridSample3dGrad } from './gridSample3d';
import { checkAllocations, Heap, type WasmBackend } from './heap';
import { fromHost, toHost } from './hostCopy';
import { instanceNormPrelu, instanceNormPreluGrad } from './instanceNormPrelu';
import type { WasmKernel } from './kernel';
import { layerNorm, layerNormGrad } from './layerNorm';
import { matMul } from './matMul';
import { nearestCode } from './nearestCode';
import { prelu, preluGrad } from './prelu';
import { smoothness } from './smoothness';
import { softmax, softmaxGrad } from './softmax';
import { concat, identity, pad, slice, split, type StockKernel } from './stock';
import { mean, sum } from './sums';
import { warp, warpGrad } from './warp';

const kernels: readonly WasmKernel[] = [
  conv3d,
  conv3dBackpropInput,
  conv3dBackpropFilter,
  matMul,
  attention,
  attentionGrad,
  addBias,
  prelu,
  preluGrad,
  nearestCode,
  gridSample3d,
  gridSample3dGrad,
  alongAxis,
  composeFields,
  composeFieldsGrad,
  warp,
  warpGrad,
  correlation,
  correlationGrad,
  smoothness,
  instanceNormPrelu,
  instanceNormPreluGrad,
  adam,
  crossEntropy,
  crossEntropyGrad,
  weightedCrossEntropy,
  weightedCrossEntropyGrad,
  gelu,
  geluGrad,
  layerNorm,
  layerNormGrad,
  softmax,
  softmaxGrad,
  embeddingForward,
  embeddingGrad,
  toHost,
  fromHost,
];

const stockKernels: readonly StockKernel[] = [identity, slice, concat, split, pad, sum, mean];

/** What was linked to each backend; kernels are registered by name, once, and look their backend up here. */
const linked = new WeakMap<object, { heap: Heap; relaxedSimd: boolean }>();

/**
 * Registers this package's kernels for the backend 'wasm', which must be the current one and ready
 * (`await tf.setBackend('wasm')`). May be called again, also after the backend was replaced; the choice of
 * instructions is then made anew only if `relaxedSimd` is given.
 *
 * From then on any operation on this backend throws a WasmMemoryError when the heap is full; tfjs by itself would go on
 * with wrong values.
 *
 * @param options `relaxedSimd: false` keeps to plain SIMD, whose results are equal on every machine; by default fused
 *   multiply-add is used where the engine has it
 * @returns which instructions are in use
 * @throws WasmBackendError when another backend is current, or when tfjs runs its multi-threaded binary
 * @throws WasmMemoryError when the heap is full
 */
export async function registerWasmKernels(options: { relaxedSimd?: boolean } = {}): Promise<{ relaxedSimd: boolean }> {
  const backend = currentBackend();
  let link = linked.get(backend);
  if (!link || (options.relaxedSimd ?? link.relaxedSimd) !== link.relaxedSimd) {
    const memory = memoryOf(backend);
    const { exports, relaxedSimd } = await instantiate(memory, options.relaxedSimd);
    if (!linked.has(backend)) checkAllocations(backend);
    link = { heap: new Heap(backend, memory, exports), relaxedSimd };
    linked.set(backend, link);
  }
  for (const kernel of kernels) register('wasm', kernel.name, kernelFunction(kernel));
  for (const kernel of stockKernels) replace('wasm', kernel.name, kernelFunction(kernel), servedBy(kernel));
  return { relaxedSimd: link.relaxedSimd };
}

const servedBy =
  (kernel: StockKernel) =>
  ({ inputs, backend, attrs }: Parameters<KernelFunc>[0]): boolean =>
    linked.has(backend) && kernel.serves(Object.values(present(inputs)), attrs ?? {});

function kernelFunction({ name, run }: WasmKernel): KernelFunc {
  return ({ inputs, backend, attrs }) => {
    const link = linked.get(backend);
    if (!link) throw new WasmBackendError('a backend with these kernels', 'a new wasm backend', 'call it again');
    return link.heap.call<TensorInfo | TensorInfo[]>(name, (call) => run(call, present(inputs), attrs ?? {}));
  };
}

function currentBackend(): WasmBackend {
  const name = getBackend();
  const backend = name === 'wasm' ? findBackend('wasm') : null;
  if (!backend) {
    const advice = "import '@tensorflow/tfjs-backend-wasm' and await tf.setBackend('wasm') first";
    throw new WasmBackendError("the current backend to be 'wasm'", `'${name}'`, advice);
  }
  return backend as unknown as WasmBackend;
}

function memoryOf(backend: WasmBackend): WebAssembly.Memory {
  const { asm, wasmMemory } = backend.wasm as object as { asm?: Record<string, unknown>; wasmMemory?: unknown };
  const found = [wasmMemory, ...Object.values(asm ?? {})].find((value) => value instanceof WebAssembly.Memory);
  if (!found) {
    throw new WasmBackendError('the memory of @tensorflow/tfjs-backend-wasm 4', 'none', 'install version 4.22 of it');
  }
  if (!(found.buffer instanceof ArrayBuffer)) {
    const advice = "tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false) before tf.setBackend('wasm')";
    throw new WasmBackendError('the single-threaded binary of tfjs', 'shared memory', advice);
  }
  return found;
}
