import { existsSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as webgpu from 'webgpu';
import { createWebgpuBackend, type Dawn } from '../webgpu/index';
import { fittingMatrix } from '../webgpu/subgroupMatrix';
import { poisonBuffers } from './poisonedBuffers';

/** WebGPU of Node; a browser has its own. */
export const dawn: Dawn | undefined = webgpu;

/** The driver in software that comes with Debian's chromium. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/**
 * Whether tests can use WebGPU: on the machine's card, else on SwiftShader. Without either the tests are left out with a
 * word, and with `PAIRED3D_WEBGPU=1`, as in CI, that is an error; with `half`, so is one without float16.
 */
export const hasWebgpu = await findAdapter();

async function findAdapter(): Promise<boolean> {
  process.env.XDG_RUNTIME_DIR ??= '/tmp'; // the Vulkan loader complains without
  if (await webgpu.create([]).requestAdapter()) return true;
  if (!process.env.VK_DRIVER_FILES && existsSync(SWIFTSHADER)) {
    process.env.VK_DRIVER_FILES = SWIFTSHADER;
    if (await webgpu.create([]).requestAdapter()) return true;
  }
  const advice = 'install the Debian packages chromium and libvulkan1 for SwiftShader';
  if (process.env.PAIRED3D_WEBGPU) throw new Error(`PAIRED3D_WEBGPU is set, but there is no WebGPU adapter: ${advice}`);
  console.log(`WebGPU is not tested, there is no adapter: ${advice}`);
  return false;
}

/** What mixed precision needs, and what it uses where there is: drivers in software have it or not, by their version. */
const adapter = hasWebgpu
  ? await webgpu.create(['enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia']).requestAdapter()
  : null;
export const hasHalf = adapter?.features.has('shader-f16') ?? false;
export const hasMatrices = hasHalf && fittingMatrix(adapter!.info) !== undefined;
if (process.env.PAIRED3D_WEBGPU === 'half' && !hasHalf) {
  throw new Error('PAIRED3D_WEBGPU is half, but the adapter has no shader-f16');
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
