import { PipelineError } from '@paired3d/pipeline';
import { loadInstalled, type LoadModule } from './modules';
import { startNodeGpu } from './node-gpu';
import { setBackend, type Tfjs } from './set-backend';
import { startWebGpu } from './webgpu';

/** What `--backend` takes. */
export const backendNames = ['wasm', 'webgpu', 'cpu', 'node-gpu', 'auto'] as const;
export type BackendName = (typeof backendNames)[number];

/** The backend that was started. */
export interface SelectedBackend {
  readonly name: Exclude<BackendName, 'auto'>;
  /** What is known about it, to print: instructions, device. */
  readonly details: string;
  /** Of wasm: whether fused multiply-add is used, as Node 22 has it, and Node 20 behind a flag that is set then. */
  readonly relaxedSimd?: boolean;
  /** What a person should know, such as a GPU that could not be used. */
  readonly warnings: readonly string[];
}

/**
 * Loads TensorFlow.js with its gradients, makes a backend the current one and registers our kernels for it.
 *
 * `auto` is the GPU through `@tensorflow/tfjs-node-gpu` where the user installed that and it finds one, else `wasm`.
 *
 * @param loadModule loads the optional packages; tests give substitutes.
 * @throws PipelineError that says what to install when the backend cannot be had.
 */
export async function selectBackend(
  name: BackendName,
  loadModule: LoadModule = loadInstalled,
): Promise<SelectedBackend> {
  const tf = await import('@tensorflow/tfjs');
  tf.enableProdMode(); // without it tfjs advertises its other packages on the terminal
  switch (name) {
    case 'auto':
      return startBest(tf, loadModule);
    case 'node-gpu':
      return { name, details: await startNodeGpu(tf, loadModule), warnings: [] };
    case 'webgpu':
      return { name, ...(await startWebGpu(tf, loadModule)) };
    case 'wasm':
      return startWasm();
    case 'cpu':
      await tf.setBackend('cpu');
      return { name, details: 'plain JavaScript', warnings: [] };
  }
}

async function startBest(tf: Tfjs, loadModule: LoadModule): Promise<SelectedBackend> {
  try {
    return { name: 'node-gpu', details: await startNodeGpu(tf, loadModule), warnings: [] };
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    // Nobody who did not install it needs to hear that it is missing.
    const warnings = error.got === 'none installed' ? [] : [error.message];
    return { ...(await startWasm()), warnings };
  }
}

/**
 * Starts the wasm backend on the thread that calls this.
 *
 * @param instructions those of another thread, for the same results; by default the fastest there are.
 */
export async function startWasm(instructions: { relaxedSimd?: boolean } = {}): Promise<SelectedBackend> {
  const tf = await import('@tensorflow/tfjs');
  tf.enableProdMode(); // without it tfjs advertises its other packages on the terminal
  await import('@tensorflow/tfjs-backend-wasm');
  const { registerWasmKernels } = await import('@paired3d/ops/wasm');
  if (!(await setBackend(tf, 'wasm'))) {
    throw new PipelineError({
      where: 'backend wasm',
      expected: 'WebAssembly with SIMD',
      got: 'a backend that does not start',
      advice: 'install @paired3d/trainer again, or use --backend cpu',
    });
  }
  const { relaxedSimd } = await registerWasmKernels(instructions);
  return { name: 'wasm', details: relaxedSimd ? 'relaxed SIMD' : 'SIMD', relaxedSimd, warnings: [] };
}
