import { existsSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as dawn from 'webgpu';
import { createWebgpuBackend } from '../webgpu/index';
import { poisonBuffers } from './poisonedBuffers';

/** The driver in software that comes with Debian's chromium. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/**
 * Whether tests can use WebGPU: on the machine's card, else on SwiftShader. Without either the tests are left out with a
 * word, and with `PAIRED3D_WEBGPU=1`, as in CI, that is an error.
 */
export const hasWebgpu = await findAdapter();

async function findAdapter(): Promise<boolean> {
  process.env.XDG_RUNTIME_DIR ??= '/tmp'; // the Vulkan loader complains without
  if (await dawn.create([]).requestAdapter()) return true;
  if (!process.env.VK_DRIVER_FILES && existsSync(SWIFTSHADER)) {
    process.env.VK_DRIVER_FILES = SWIFTSHADER;
    if (await dawn.create([]).requestAdapter()) return true;
  }
  const advice = 'install the Debian packages chromium and libvulkan1 for SwiftShader';
  if (process.env.PAIRED3D_WEBGPU) throw new Error(`PAIRED3D_WEBGPU is set, but there is no WebGPU adapter: ${advice}`);
  console.log(`WebGPU is not tested, there is no adapter: ${advice}`);
  return false;
}

let poisoned: object | undefined;

/** Makes our backend the current one; what its kernels do not write is NaN. */
export async function startWebgpu(): Promise<void> {
  if (tf.findBackendFactory('webgpu') && tf.findBackend('webgpu') === poisoned && poisoned) {
    await tf.setBackend('webgpu');
    return;
  }
  await createWebgpuBackend(WebGPUBackend, { dawn });
  poisoned = tf.backend();
  poisonBuffers(poisoned);
}
