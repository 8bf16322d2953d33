// One training step: the same weights and data for everybody, equal losses and gradients first, then times.
import { distance, norm, relativeError } from './compare.mjs';
import { onStock } from './engine.mjs';
import { watchHeap } from './heapMeter.mjs';
import { timeKernels } from './kernelTimer.mjs';
import { median } from './statistics.mjs';
import { steps } from './steps.mjs';
import { interleave, ratio, stopwatch } from './timing.mjs';

const TITLES = {
  vqae: 'VQ-AE, training step',
  diffusion: 'denoiser, training step',
  registration: 'registration, training step',
  sampling: 'denoiser, sampling',
};
const LOSS_TOLERANCE = 1e-4;
const GRADIENT_TOLERANCE = 2e-2;
/** A gradient whose norm is this much smaller than the largest is noise: that of a bias in front of a norm is zero. */
const NOISE = 1e-2;

/**
 * Measures one step of steps.mjs.
 * @returns what a row of the table shows
 * @throws Error when we and PyTorch disagree
 */
export async function measureStep(engine, torch, { name, make, sizes, batch }, { rounds, cpuTime, stock, slack }) {
  const { tf, finish } = engine;
  const heap = watchHeap(tf);
  let step;
  try {
    const memory = {
      ours: await heap.peakOf(async () => {
        step = await make(engine, sizes, batch);
        await (torch ? openInTorch(name, torch, step, 1, slack) : step.run());
        await step.run();
      }),
    };
    const contenders = { ours: timer(step.run, cpuTime, finish) };
    if (torch) {
      memory.torch = await torch.memory();
      contenders.torch = (runs) => torch.time(runs, cpuTime);
    }
    // Step by step ours and PyTorch have the same masks; stock, which goes on with our weights, waits until they are done.
    const times = await interleave(contenders, rounds);
    const onStockOnly = (runs) => onStock(engine, () => timer(step.run, cpuTime, finish)(runs));
    const slow = stock && sizes === 'small' ? await interleave({ stock: onStockOnly }, rounds) : {};
    return {
      name,
      what: step.what,
      sizes,
      ms: { ours: times.ours.ms, stock: slow.stock?.ms, torch: times.torch?.ms },
      memory,
      // Kernels of a card have only been recorded when they return.
      overhead: tf.getBackend() === 'wasm' ? await overheadOf(tf, step, rounds) : undefined,
      overStock: ratio(times.ours, slow.stock),
      overTorch: ratio(times.ours, times.torch),
    };
  } finally {
    heap.stop();
    step?.dispose();
    await torch?.close();
  }
}

/**
 * Opens a step in PyTorch, and compares the first step of both.
 * @throws Error when losses or gradients differ
 */
export async function openInTorch(name, torch, step, threads, slack = 1) {
  const reference = await torch.open(step.torch, step.torch.inputs, threads);
  compare(name, await step.first(), reference, slack);
}

function timer(run, cpuTime, finish) {
  return async (runs) => {
    const elapsed = stopwatch(cpuTime);
    for (let i = 0; i < runs; i++) await run();
    await finish();
    return elapsed() / runs;
  };
}

/** The share of a step that is spent outside kernels. */
async function overheadOf(tf, step, rounds) {
  const shares = [];
  for (let round = 0; round < rounds; round++) {
    const elapsed = stopwatch(false);
    const kernels = await timeKernels(tf, step.run);
    shares.push(1 - kernels.reduce((sum, { ms }) => sum + ms, 0) / elapsed());
  }
  return median(shares);
}

function compare(step, { names, values }, expected, slack) {
  const fail = (what, error) => {
    throw new Error(`${step}: ${what} of ours and PyTorch differ, relative error ${error.toExponential(1)}`);
  };
  const lossError = relativeError(values[0], expected[0]);
  if (!(lossError <= slack * LOSS_TOLERANCE)) fail('losses', lossError);
  const noise = NOISE * Math.max(0, ...expected.slice(1).map(norm));
  names.forEach((name, i) => {
    const error = distance(values[i + 1], expected[i + 1]) / Math.max(norm(expected[i + 1]), noise);
    if (!(error <= slack * GRADIENT_TOLERANCE)) fail(`gradients of ${name}`, error);
  });
}

/** Every step at the sizes of the presets. */
export const stepCases = () =>
  Object.entries(steps).flatMap(([key, make]) =>
    ['small', 'paper'].map((sizes) => {
      const batch = key === 'diffusion' && sizes === 'small' ? 2 : 1;
      return { key, name: TITLES[key], what: '', make, sizes, batch };
    }),
  );
