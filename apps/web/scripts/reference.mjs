// What Node computes with the bundled models, for the bundle and for the tests of the page.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { registerWasmKernels } from '@paired3d/ops/wasm';
import { MemoryStorage } from '@paired3d/pipeline';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

/** Makes WASM the backend, with plain SIMD as in the page: results are equal on every machine. */
export async function openWasm() {
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  await tf.setBackend('wasm');
  await registerWasmKernels({ relaxedSimd: false });
}

/** A model folder of the disk. */
export async function folder(path) {
  const storage = new MemoryStorage();
  for (const file of ['config.json', 'model.safetensors']) await storage.write(file, await readFile(join(path, file)));
  return storage;
}

/** Logits of every 81st token of a wholly masked grid, as the page's worker computes them (`src/worker/diagnose.ts`). */
export async function maskedLogits(denoiser) {
  const rows = Int32Array.from({ length: Math.ceil(denoiser.tokens / 81) }, (_, row) => 81 * row);
  const logits = tf.tidy(() => {
    const masked = tf.fill([1, denoiser.tokens], denoiser.maskId, 'int32');
    return denoiser.head(denoiser.hiddenAt(masked, rows));
  });
  const values = Float32Array.from(await logits.data());
  logits.dispose();
  return values;
}
