import { existsSync } from 'node:fs';
import { create } from 'webgpu';

/** The driver in software that comes with Debian's chromium. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Whether tests can use WebGPU, on a card or on SwiftShader; with `PAIRED3D_WEBGPU=1`, as in CI, it is an error if not. */
export const hasWebgpu = await findAdapter();

/** Whether it has the float16 of mixed precision. */
export const hasHalf = hasWebgpu && (await hasFloat16());

async function hasFloat16(): Promise<boolean> {
  const adapter = await create(['enable-dawn-features=vulkan_enable_f16_on_nvidia']).requestAdapter();
  return adapter?.features.has('shader-f16') ?? false;
}

async function findAdapter(): Promise<boolean> {
  process.env.XDG_RUNTIME_DIR ??= '/tmp'; // the Vulkan loader complains without
  if (!process.env.VK_DRIVER_FILES && existsSync(SWIFTSHADER) && !existsSync('/dev/dri')) {
    process.env.VK_DRIVER_FILES = SWIFTSHADER;
  }
  if (await create([]).requestAdapter()) return true;
  const advice = 'install the Debian packages chromium and libvulkan1 for SwiftShader';
  if (process.env.PAIRED3D_WEBGPU) throw new Error(`PAIRED3D_WEBGPU is set, but there is no WebGPU adapter: ${advice}`);
  console.log(`WebGPU is not tested, there is no adapter: ${advice}`);
  return false;
}
