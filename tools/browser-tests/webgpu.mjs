// Takes the place of packages/ops/src/testing/webgpu.ts: the browser has a WebGPU of its own.
import * as tf from '@tensorflow/tfjs';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { poisonBuffers } from '../../packages/ops/src/testing/poisonedBuffers';
import { createWebgpuBackend } from '../../packages/ops/src/webgpu/index';

export const hasWebgpu = true;

let poisoned;

export async function startWebgpu() {
  if (poisoned && tf.findBackend('webgpu') === poisoned) return tf.setBackend('webgpu');
  const { description } = await createWebgpuBackend(WebGPUBackend);
  window.adapter = description;
  poisoned = tf.backend();
  poisonBuffers(poisoned);
}
