import type { Denoiser } from '@paired3d/absorbing-diffusion';
import type { Storage } from '@paired3d/pipeline';

export function openWasm(): Promise<void>;
export function folder(path: string): Promise<Storage>;
export function maskedLogits(denoiser: Denoiser): Promise<Float32Array>;
