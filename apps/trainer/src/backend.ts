import type { Precision, WebgpuDevice } from '@paired3d/ops/webgpu';
import { PipelineError } from '@paired3d/pipeline';
import { loadInstalled, type LoadModule } from './modules';
import { startNodeGpu } from './node-gpu';
import { setBackend, type Tfjs } from './set-backend';
import { testConv3d } from './self-test';
import { mayHaveGpu, startWebgpu } from './webgpu';

/** What `--backend` takes. */
export const backendNames = ['wasm', 'webgpu', 'cpu', 'node-gpu', 'auto'] as const;
export type BackendName = (typeof backendNames)[number];

/** What `--precision` takes. */
export const precisionNames = ['float32', 'mixed'] as const satisfies readonly Precision[];

/** The backend that was started. */
export interface SelectedBackend {
  readonly name: Exclude<BackendName, 'auto'>;
  /** What is known about it, to print: instructions, device. */
  readonly details: string;
  /** Of wasm: whether fused multiply-add is used, as Node 22 has it, and Node 20 behind a flag that is set then. */
  readonly relaxedSimd?: boolean;
  /** Of webgpu: the adapter, and what was asked for of it. */
  readonly gpu?: WebgpuDevice;
  /** What a person should know, such as a GPU that could not be used. */
  readonly warnings: readonly string[];
}

/**
 * Loads TensorFlow.js with its gradients, makes a backend the current one and registers our kernels for it.
 *
 * `auto` is a GPU where the user installed a way to it, `@tensorflow/tfjs-node-gpu` or else `webgpu`, and it computes right;
 * `wasm` elsewhere.
 *
 * @param loadModule loads the optional packages; tests give substitutes.
 * @param precision `mixed` has products in half precision, which is for `webgpu` alone.
 * @throws PipelineError that says what to install when the backend cannot be had, or with another precision.
 */
export async function selectBackend(
  name: BackendName,
  loadModule: LoadModule = loadInstalled,
  precision: Precision = 'float32',
): Promise<SelectedBackend> {
  if (precision !== 'float32' && name !== 'webgpu') {
    const advice = 'add --backend webgpu, or leave --precision out';
    throw new PipelineError({ where: `--precision ${precision}`, expected: '--backend webgpu', got: name, advice });
  }
  const tf = await import('@tensorflow/tfjs');
  tf.enableProdMode(); // without it tfjs advertises its other packages on the terminal
  switch (name) {
    case 'auto':
      return startBest(tf, loadModule);
    case 'node-gpu':
      return { name, details: await startNodeGpu(tf, loadModule), warnings: [] };
    case 'webgpu':
      return startWebgpu(loadModule, precision);
    case 'wasm':
      return startWasm();
    case 'cpu':
      await tf.setBackend('cpu');
      return { name, details: 'plain JavaScript', warnings: [] };
  }
}

async function startBest(tf: Tfjs, loadModule: LoadModule): Promise<SelectedBackend> {
  const warnings: string[] = [];
  const ways = [
    async () => ({ name: 'node-gpu', details: await startNodeGpu(tf, loadModule), warnings: [] }) as const,
    ...(mayHaveGpu() ? [() => startTestedWebgpu(tf, loadModule)] : []),
  ];
  for (const start of ways) {
    try {
      return { ...(await start()), warnings };
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error;
      // Nobody who did not install it needs to hear that it is missing.
      if (error.got !== 'none installed') warnings.push(error.message);
    }
  }
  return { ...(await startWasm()), warnings };
}

/** WebGPU on a card that computes right: nobody asked for this card, and drivers have faults. */
async function startTestedWebgpu(tf: Tfjs, loadModule: LoadModule): Promise<SelectedBackend> {
  const selected = await startWebgpu(loadModule);
  const fail = (got: string, advice: string) =>
    new PipelineError({ where: 'backend webgpu', expected: 'a card that computes right', got, advice });
  if (selected.gpu?.software) throw fail(selected.details, 'nothing: wasm is faster');
  const { ok, maxError } = await testConv3d(tf).catch((cause: Error) => {
    throw fail(cause.message, 'update its driver');
  });
  if (!ok) throw fail(`an error of ${maxError} on ${selected.details}`, 'update its driver');
  return selected;
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
