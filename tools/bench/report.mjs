// The page of the documentation, written by `npm run bench -- --write`.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../workspace.mjs';
import { kernelTable, stepTable, workerTable } from './results.mjs';

/** Writes docs/benchmarks.json and docs/benchmarks.md. */
export async function writeReport(results, root = ROOT) {
  await writeFile(join(root, 'docs/benchmarks.json'), `${JSON.stringify(results, null, 2)}\n`);
  await writeFile(join(root, 'docs/benchmarks.md'), page(results));
}

/** The page as Markdown. */
export function page({ environment, kernels, steps, workers }) {
  return `# Benchmarks

Written by \`npm run bench -- --write\`; do not edit. \`npm run bench -- --help\` lists what else it can do.

${Object.entries(environment)
  .map(([name, value]) => `- ${name}: ${value}`)
  .join('\n')}

All three contenders work on the same numbers. Results and gradients were compared before anything was timed: ours with
PyTorch's and stock's with ours. They took turns, and shown are the medians; a ratio is the median of the ratios of the
rounds, and above 1 we are the faster. Whoever needs seconds a run has fewer rounds.

- _ours_: the operations of \`@paired3d/ops\` with the kernels of \`@paired3d/ops/wasm\`, as the command line runs them.
- _stock_: the same operation of TensorFlow.js on its WASM backend, or composed of stock operations where there is none.
  _wrong_: the results differ; _fails_: a kernel is missing; _none_: left out.
- _PyTorch_: channels first and contiguous, its own default; operations and networks are in \`tools/bench/torch\`.
- _peak MB_: of ours what is taken from the heap beyond the inputs (of a step: weights, moments and all); of PyTorch by how
  much the resident memory of the process rises during one run.
- GB/s count each input and each result once, the least that must move.

## Training steps and sampling

Sizes are those of the presets, except that \`paper\` is cut to what a heap of 4 GiB holds: crops of 64^3 instead of 128^3,
batches of 1 instead of 8, 2 of 12 layers of the denoiser, and that the denoiser of \`small\` is the light one of pairs of two
scans, without tokens of motion. Dropout is off. _outside kernels_ is the share of a step's time that no kernel of
TensorFlow.js accounts for.

${stepTable(steps)}

${workerSection(workers, environment)}## Kernels

${kernelTable(kernels)}
`;
}

function workerSection(rows, { workers }) {
  if (rows.length === 0) return '';
  return `## Training steps on several cores

The command line's own steps, with all that lies between two of them; each worker makes the gradients of its share of the
batch, sample by sample. PyTorch's steps alone, on the same batches with as many threads. By the clock.

${workerTable(rows, workers)}

`;
}
