// The page: declares the tests of @paired3d/ops that run on WebGPU, runs them, and leaves what came out in `window`.
import { runTests } from './vitest.mjs';

const files = import.meta.glob([
  '../../packages/ops/src/{convolution,dropout,fields,losses,matrices,normalisation,sampling,separable}.test.ts',
  '../../packages/ops/src/webgpu/{product,scatter,stock}.test.ts',
]);

for (const [path, load] of Object.entries(files)) {
  try {
    await load();
  } catch (error) {
    throw new Error(`${path} does not load: ${error.message}`, { cause: error });
  }
}
window.results = await runTests((name) => console.log(name));
