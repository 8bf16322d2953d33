import { plainBinary, relaxedBinary } from './binaries.generated';
import type { KernelExports } from './exports';

/** Node 20 knows relaxed SIMD behind a V8 flag, which may be set before a module is compiled. Elsewhere this does nothing. */
function enableRelaxedSimdOnNode(): void {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (name: string) => { setFlagsFromString?: (flag: string) => void } | undefined };
  };
  try {
    process?.getBuiltinModule?.('node:v8')?.setFlagsFromString?.('--experimental-wasm-relaxed-simd');
  } catch {
    // A runtime that forbids or lacks the flag keeps to plain SIMD.
  }
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Links the kernels to a memory: with fused multiply-add where it exists and `relaxedSimd` is not false. */
export async function instantiate(
  memory: WebAssembly.Memory,
  relaxedSimd = true,
): Promise<{ exports: KernelExports; relaxedSimd: boolean }> {
  let binary = decode(relaxedBinary);
  if (relaxedSimd && !WebAssembly.validate(binary)) enableRelaxedSimdOnNode();
  const relaxed = relaxedSimd && WebAssembly.validate(binary);
  if (!relaxed) binary = decode(plainBinary);
  const abort = () => {
    throw new Error('paired3d wasm kernel aborted');
  };
  const { instance } = await WebAssembly.instantiate(binary, { env: { memory, abort } });
  return { exports: instance.exports as unknown as KernelExports, relaxedSimd: relaxed };
}
