// Takes the place of packages/ops/src/testing/webgpu.ts: the browser has a WebGPU of its own.
import * as tf from '@tensorflow/tfjs';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { poisonBuffers } from '../../packages/ops/src/testing/poisonedBuffers';
import { createWebgpuBackend } from '../../packages/ops/src/webgpu/index';
import { fittingMatrix } from '../../packages/ops/src/webgpu/subgroupMatrix';

export const hasWebgpu = true;
export const dawn = undefined;
const { features, info } = await navigator.gpu.requestAdapter();
export const hasHalf = features.has('shader-f16');
export const hasMatrices = features.has('chromium-experimental-subgroup-matrix') && fittingMatrix(info) !== undefined;

let poisoned;

export async function startWebgpu() {
  if (poisoned && tf.findBackend('webgpu') === poisoned) return tf.setBackend('webgpu');
  const { description } = await createWebgpuBackend(WebGPUBackend);
  window.adapter = description;
  poisoned = tf.backend();
  poisonBuffers(poisoned);
}
