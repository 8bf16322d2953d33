import { PipelineError } from '@paired3d/pipeline';
import { ModuleMissing, type LoadModule } from './modules';
import { setBackend, type Tfjs } from './set-backend';

const BACKEND_PACKAGE = '@tensorflow/tfjs-backend-webgpu';

/** What is asked of the user-installed package `webgpu`. */
interface WebGpuModule {
  create(options: string[]): Gpu;
  readonly globals: object;
}

/** The little of WebGPU's `GPU` that is looked at here; the tfjs backend uses the rest. */
interface Gpu {
  requestAdapter(options: { powerPreference: string }): Promise<{ info?: AdapterInfo } | null>;
}

interface AdapterInfo {
  readonly vendor?: string;
  readonly device?: string;
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
}

/**
 * Starts the tfjs backend `webgpu` in Node, on the user-installed packages `webgpu` (Dawn) and `@tensorflow/tfjs-backend-webgpu`.
 *
 * @returns what is known about the adapter, to print, and a warning when it is a software one.
 * @throws PipelineError that says what to install or do.
 */
export async function startWebGpu(
  tf: Tfjs,
  loadModule: LoadModule,
): Promise<{ details: string; warnings: readonly string[] }> {
  const { create, globals } = (await load('webgpu', loadModule)) as WebGpuModule;
  Object.assign(globalThis, globals);
  const gpu = create([]);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw failure('a GPU', 'none', 'install its Vulkan driver, or use --backend wasm');
  }
  offer(gpu);
  // The backend registers itself while it is loaded, and only where it finds navigator.gpu.
  await load(BACKEND_PACKAGE, loadModule);
  if (!(await setBackend(tf, 'webgpu'))) {
    throw failure(`a working ${BACKEND_PACKAGE}`, 'a backend that does not start', 'use --backend wasm');
  }
  const info = adapter.info ?? {};
  const details = info.description || info.device || info.vendor || 'unknown adapter';
  const software = info.isFallbackAdapter || /swiftshader|llvmpipe|basic render/i.test(`${details} ${info.device}`);
  const warnings = software ? [`webgpu runs on ${details}, a renderer in software: --backend wasm is faster`] : [];
  return { details, warnings };
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

/** Puts the GPU where browsers have it. Node 20 has no navigator; later ones have one without GPU. */
function offer(gpu: Gpu): void {
  const host = globalThis as { navigator?: object };
  if (!host.navigator)
    Object.defineProperty(host, 'navigator', { value: { userAgent: 'Node.js' }, configurable: true });
  Object.defineProperty(host.navigator, 'gpu', { value: gpu, configurable: true });
}

function failure(expected: string, got: string, advice: string, cause?: unknown): PipelineError {
  return new PipelineError({ where: 'backend webgpu', expected, got, advice, cause });
}
