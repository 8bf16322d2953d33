// Declares the tests of @paired3d/ops that run on WebGPU, and runs them.
import { runTests } from './vitest.mjs';

const files = import.meta.glob([
  '../../packages/ops/src/{convolution,dropout,fields,losses,matrices,normalisation,sampling,separable}.test.ts',
  '../../packages/ops/src/webgpu/{mixed,product,scatter,stock}.test.ts',
]);

/** `{ name, error }` of each test, without an error where it passed; `tell` hears of each as it ends. */
export async function runAll(tell) {
  for (const [path, load] of Object.entries(files)) {
    try {
      await load();
    } catch (error) {
      throw new Error(`${path} does not load: ${error.message}`, { cause: error });
    }
  }
  return runTests(tell);
}
