import { PipelineError } from '@paired3d/pipeline';
import { ModuleMissing, type LoadModule } from './modules';
import { setBackend, type Tfjs } from './set-backend';

const PACKAGE = '@tensorflow/tfjs-node-gpu';

/**
 * Starts the backend of the user-installed `@tensorflow/tfjs-node-gpu`. All that is asked of the package: loading it registers a tfjs
 * backend `tensorflow` that can be set, and that says by `isUsingGpuDevice` whether it found a GPU.
 *
 * @returns what is known about it, to print.
 * @throws PipelineError that says what to install or do.
 */
export async function startNodeGpu(tf: Tfjs, loadModule: LoadModule): Promise<string> {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'; // libtensorflow reports every CUDA library it opens otherwise
  try {
    await loadModule(PACKAGE);
  } catch (error) {
    if (error instanceof ModuleMissing) {
      throw failure('none installed', `run npm install ${PACKAGE}@4.22.0, or use --backend wasm`, error);
    }
    const [reason] = String((error as Error).message).split('\n');
    throw failure(`an error while loading it: ${reason}`, 'check its CUDA libraries, or use --backend wasm', error);
  }
  if (!(await setBackend(tf, 'tensorflow'))) {
    throw failure('a backend that does not start', 'check its CUDA libraries, or use --backend wasm');
  }
  const { isUsingGpuDevice } = tf.backend() as { isUsingGpuDevice?: boolean };
  if (!isUsingGpuDevice) {
    throw failure('one that finds no GPU', 'check nvidia-smi and its CUDA libraries, or use --backend wasm');
  }
  return 'CUDA through TensorFlow';
}

function failure(got: string, advice: string, cause?: unknown): PipelineError {
  return new PipelineError({ where: 'backend node-gpu', expected: `a working ${PACKAGE}`, got, advice, cause });
}
