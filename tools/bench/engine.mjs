// TensorFlow.js and the built packages, as the command line loads them: `npm run build` comes first.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../workspace.mjs';

// The tools have no dependencies of their own: the command line's installation is the one to measure.
const requireAsTrainer = createRequire(join(ROOT, 'apps/trainer/package.json'));

/** Module of a package that the command line depends on. */
export const installed = (name) => import(pathToFileURL(requireAsTrainer.resolve(name)).href);

/** Version of a package that the command line depends on. */
export const installedVersion = (name) => requireAsTrainer(`${name}/package.json`).version;

/** Module of a package of this workspace, from its build: `built('ops', 'wasm')` is `@paired3d/ops/wasm`. */
export async function built(name, entry = '') {
  const path = join(ROOT, 'packages', name, 'dist', entry, 'index.js');
  if (!existsSync(path)) throw new Error(`bench: expected a build at packages/${name}/dist; run npm run build first`);
  return import(pathToFileURL(path).href);
}

/**
 * Starts a backend with our kernels, in production mode, and loads the packages.
 * @param dawnOptions given to Dawn besides, for the webgpu backend
 * @returns also `details`, the backend in words, and `finish()`, which waits until the backend has done what it was told
 */
export async function startEngine(backend = 'wasm', precision = 'float32', dawnOptions = []) {
  const tf = await installed('@tensorflow/tfjs');
  tf.enableProdMode();
  const started = await (backend === 'webgpu' ? startWebgpu(tf, precision, dawnOptions) : startWasm(tf));
  const names = ['ops', 'nn', 'vqae', 'absorbing-diffusion', 'registration', 'pipeline'];
  const [ops, nn, vqae, diffusion, registration, pipeline] = await Promise.all(names.map((name) => built(name)));
  return { tf, ...started, ops, nn, vqae, diffusion, registration, pipeline };
}

async function startWasm(tf) {
  await installed('@tensorflow/tfjs-backend-wasm');
  if (!(await tf.setBackend('wasm'))) throw new Error('bench: the wasm backend does not start');
  const stock = new Map(tf.getKernelsForBackend('wasm').map((kernel) => [kernel.kernelName, kernel]));
  const { registerWasmKernels } = await built('ops', 'wasm');
  const { relaxedSimd } = await registerWasmKernels();
  return { stock, details: `backend wasm, ${relaxedSimd ? 'relaxed SIMD' : 'SIMD'}`, finish: async () => {} };
}

async function startWebgpu(tf, precision, dawnOptions) {
  const [webgpu, { WebGPUBackend }] = [await installed('webgpu'), await installed('@tensorflow/tfjs-backend-webgpu')];
  const dawn = { ...webgpu, create: (options) => webgpu.create([...options, ...dawnOptions]) };
  const { createWebgpuBackend, matrixText, registerWebgpuKernels } = await built('ops', 'webgpu');
  const { description, matrix, warnings } = await createWebgpuBackend(WebGPUBackend, { dawn, precision });
  for (const warning of warnings) console.error(warning);
  const inMatrices = matrix ? `, subgroup matrices of ${matrixText(matrix)}` : '';
  registerWebgpuKernels();
  const finish = () => {
    const backend = tf.backend();
    if (backend.commandEncoder) {
      backend.endComputePassEncoder();
      backend.submitQueue();
    }
    return backend.device.queue.onSubmittedWorkDone();
  };
  return { stock: new Map(), details: `backend webgpu, ${description}, ${precision}${inMatrices}`, finish };
}

/** Runs `work` on stock TensorFlow.js: without our kernels each operation falls back to its composite. */
export async function onStock({ tf, stock }, work) {
  const ours = tf.getKernelsForBackend('wasm').filter((kernel) => stock.get(kernel.kernelName) !== kernel);
  for (const { kernelName } of ours) {
    tf.unregisterKernel(kernelName, 'wasm');
    if (stock.has(kernelName)) tf.registerKernel(stock.get(kernelName));
  }
  try {
    return await work();
  } finally {
    for (const kernel of ours) {
      if (stock.has(kernel.kernelName)) tf.unregisterKernel(kernel.kernelName, 'wasm');
      tf.registerKernel(kernel);
    }
  }
}
