import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sample, type SampleOptions } from '@paired3d/absorbing-diffusion';
import { openDenoiser, sha256Hex } from '@paired3d/pipeline';
import { folder, maskedLogits, openWasm } from '../scripts/reference.mjs';

const MODELS = join(dirname(dirname(fileURLToPath(import.meta.url))), 'public/models');

/** SHA-256 of the tokens that Node samples on WASM. */
export async function tokenHash(options: SampleOptions): Promise<string> {
  await openWasm();
  const denoiser = await openDenoiser(await folder(join(MODELS, 'diffusion')));
  const [tokens] = await sample(denoiser, 1, options);
  denoiser.dispose();
  return sha256Hex(new Uint8Array(tokens.buffer));
}

/** The logits that the page's diagnostics compare with, computed now. */
export async function logits(): Promise<Float32Array> {
  await openWasm();
  const denoiser = await openDenoiser(await folder(join(MODELS, 'diffusion')));
  const values = await maskedLogits(denoiser);
  denoiser.dispose();
  return values;
}
