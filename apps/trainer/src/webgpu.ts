import { existsSync } from 'node:fs';
import {
  createWebgpuBackend,
  matrixText,
  registerWebgpuKernels,
  WebgpuError,
  type Dawn,
  type Precision,
  type WebgpuDevice,
} from '@paired3d/ops/webgpu';
import { PipelineError } from '@paired3d/pipeline';
import type { SelectedBackend } from './backend';
import { ModuleMissing, type LoadModule } from './modules';

const BACKEND_PACKAGE = '@tensorflow/tfjs-backend-webgpu';

type BackendClass = Parameters<typeof createWebgpuBackend>[0];

/** Whether there may be a card: on Linux, where a driver made its device. Dawn prints warnings of its own where it finds none. */
export function mayHaveGpu(): boolean {
  return process.platform !== 'linux' || ['/dev/dri', '/dev/nvidia0', '/dev/dxg'].some((file) => existsSync(file));
}

/**
 * Starts the tfjs backend `webgpu` in Node with our kernels, on the user-installed packages `webgpu` (Dawn) and
 * `@tensorflow/tfjs-backend-webgpu`. Warns when the adapter is a software one.
 *
 * @throws PipelineError that says what to install or do.
 */
export async function startWebgpu(loadModule: LoadModule, precision: Precision = 'float32'): Promise<SelectedBackend> {
  const dawn = (await load('webgpu', loadModule)) as Dawn;
  const { WebGPUBackend } = (await load(BACKEND_PACKAGE, loadModule)) as { WebGPUBackend: BackendClass };
  try {
    const gpu = await createWebgpuBackend(WebGPUBackend, { dawn, precision });
    registerWebgpuKernels();
    const warning = `webgpu runs on ${gpu.description}, a renderer in software: --backend wasm is faster`;
    const warnings = [...gpu.warnings, ...(gpu.software ? [warning] : [])];
    return { name: 'webgpu', details: `${gpu.description}${precisionText(gpu)}`, gpu, warnings };
  } catch (error) {
    if (!(error instanceof WebgpuError)) throw error;
    const withoutHalf = precision === 'mixed' && error.expected.includes('shader-f16');
    const advice = withoutHalf ? 'leave --precision out' : error.advice;
    throw failure(error.expected, error.got, advice, error);
  }
}

/** Of mixed precision: what multiplies. */
function precisionText({ precision, matrix }: WebgpuDevice): string {
  if (precision === 'float32') return '';
  return `, mixed precision${matrix ? `, subgroup matrices of ${matrixText(matrix)}` : ''}`;
}

async function load(name: string, loadModule: LoadModule): Promise<unknown> {
  try {
    return await loadModule(name);
  } catch (error) {
    if (error instanceof ModuleMissing) {
      const advice = `run npm install webgpu ${BACKEND_PACKAGE}@4.22.0, or use --backend wasm`;
      throw failure(`the package ${name}`, 'none installed', advice, error);
    }
    const [reason] = String((error as Error).message).split('\n');
    throw failure(`a working ${name}`, `an error while loading it: ${reason}`, 'use --backend wasm', error);
  }
}

function failure(expected: string, got: string, advice: string, cause?: unknown): PipelineError {
  return new PipelineError({ where: 'backend webgpu', expected, got, advice, cause });
}
