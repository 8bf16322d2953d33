import { findBackend, getBackend, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { present, register, replace } from '../registration';
import { adam, adamAll } from './adam';
import { alongAxis } from './alongAxis';
import { attention, attentionGrad } from './attention';
import { addBias } from './bias';
import { composeFields, composeFieldsGrad } from './composeFields';
import { conv3d, conv3dBackpropFilter, conv3dBackpropInput } from './conv3d';
import { correlation, correlationGrad } from './correlation';
import { crossEntropy, crossEntropyGrad, weightedCrossEntropy, weightedCrossEntropyGrad } from './crossEntropy';
import { embeddingForward, embeddingGrad } from './embedding';
import { gelu, geluGrad } from './gelu';
import { gridSample3d, gridSample3dGrad } from './gridSample3d';
import { instanceNormPrelu, instanceNormPreluGrad } from './instanceNormPrelu';
import { layerNorm, layerNormGrad } from './layerNorm';
import { matMul } from './matMul';
import { nearestCode } from './nearestCode';
import { prelu, preluGrad } from './prelu';
import { smoothness } from './smoothness';
import { softmax, softmaxGrad } from './softmax';
import { warp, warpGrad } from './warp';
import { missingMember, type WebgpuBackend } from './backend';
import { Call } from './call';
import { WebgpuError } from './errors';
import { guardBackend, isGuarded } from './guard';
import type { StockKernel, WebgpuKernel } from './kernel';
import { mendShaders } from './mendShaders';
import { poolBuffers } from './poolBuffers';
import { pad, reverse, select } from './stock';
import { mean, sum } from './stockSums';

export const kernels: readonly WebgpuKernel[] = [
  adam,
  adamAll,
  alongAxis,
  attention,
  attentionGrad,
  addBias,
  composeFields,
  composeFieldsGrad,
  conv3d,
  conv3dBackpropFilter,
  conv3dBackpropInput,
  correlation,
  correlationGrad,
  crossEntropy,
  crossEntropyGrad,
  weightedCrossEntropy,
  weightedCrossEntropyGrad,
  embeddingForward,
  embeddingGrad,
  gelu,
  geluGrad,
  gridSample3d,
  gridSample3dGrad,
  instanceNormPrelu,
  instanceNormPreluGrad,
  layerNorm,
  layerNormGrad,
  matMul,
  nearestCode,
  prelu,
  preluGrad,
  smoothness,
  softmax,
  softmaxGrad,
  warp,
  warpGrad,
];

const stockKernels: readonly StockKernel[] = [select, reverse, pad, sum, mean];

/**
 * Registers this package's kernels for the backend 'webgpu', which must be the current one: that of
 * `createWebgpuBackend`, or tfjs's own, whose device may have smaller limits. May be called again.
 *
 * From then on errors of WebGPU are thrown, by the next kernel or the next read; tfjs by itself would log them and go on.
 *
 * @throws WebgpuError when another backend is current, or one of another version of tfjs
 */
export function registerWebgpuKernels(): void {
  const backend = currentBackend();
  if (!isGuarded(backend)) {
    mendShaders(backend.device);
    poolBuffers(backend);
    guardBackend(backend);
  }
  for (const kernel of kernels) register('webgpu', kernel.name, kernelFunction(kernel));
  for (const kernel of stockKernels) replace('webgpu', kernel.name, kernelFunction(kernel), servedBy(kernel));
}

const servedBy =
  (kernel: StockKernel) =>
  ({ inputs, attrs }: Parameters<KernelFunc>[0]): boolean =>
    kernel.serves(Object.values(present(inputs)), attrs ?? {});

function kernelFunction({ name, run }: WebgpuKernel): KernelFunc {
  return ({ inputs, backend, attrs }) =>
    Call.open<TensorInfo | TensorInfo[]>(name, backend as WebgpuBackend, (call) =>
      run(call, present(inputs), attrs ?? {}),
    );
}

function currentBackend(): WebgpuBackend {
  const name = getBackend();
  const backend = name === 'webgpu' ? findBackend('webgpu') : null;
  if (!backend) throw failure("the current backend to be 'webgpu'", `'${name}'`, 'await createWebgpuBackend(…) first');
  const missing = missingMember(backend);
  if (missing) throw failure('a backend of tfjs 4.22', `one without ${missing}`, 'install version 4.22 of tfjs');
  return backend as WebgpuBackend;
}

function failure(expected: string, got: string, advice: string): WebgpuError {
  return new WebgpuError('registerWebgpuKernels', expected, got, advice);
}
