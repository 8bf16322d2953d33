// Takes the place of packages/ops/src/testing/webgpu.ts: the card of the machine, whichever it is.
import * as tf from '@tensorflow/tfjs';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as dawn from 'webgpu';
import { poisonBuffers } from '../../packages/ops/src/testing/poisonedBuffers';
import { createWebgpuBackend } from '../../packages/ops/src/webgpu/index';

export const hasWebgpu = true;

let poisoned;

export async function startWebgpu() {
  if (poisoned && tf.findBackend('webgpu') === poisoned) return tf.setBackend('webgpu');
  await createWebgpuBackend(WebGPUBackend, { dawn });
  poisoned = tf.backend();
  poisonBuffers(poisoned);
}
