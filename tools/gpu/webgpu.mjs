// Takes the place of packages/ops/src/testing/webgpu.ts: the card of the machine, whichever it is.
import * as tf from '@tensorflow/tfjs';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as dawn from 'webgpu';
import { poisonBuffers } from '../../packages/ops/src/testing/poisonedBuffers';
import { createWebgpuBackend } from '../../packages/ops/src/webgpu/index';
import { fittingMatrix } from '../../packages/ops/src/webgpu/subgroupMatrix';

export { dawn };
export const hasWebgpu = true;
const { features, info } = await dawn
  .create(['enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia'])
  .requestAdapter();
export const hasHalf = features.has('shader-f16');
export const hasMatrices = hasHalf && fittingMatrix(info) !== undefined;

let poisoned;

export async function startWebgpu() {
  if (poisoned && tf.findBackend('webgpu') === poisoned) return tf.setBackend('webgpu');
  await createWebgpuBackend(WebGPUBackend, { dawn });
  poisoned = tf.backend();
  poisonBuffers(poisoned);
}
