// One kernel: the same inputs for everybody, equal results first, then times.
import { worstError } from './compare.mjs';
import { onStock } from './engine.mjs';
import { watchHeap } from './heapMeter.mjs';
import { randomInputs, toTensors } from './inputs.mjs';
import { interleave, ratio, stopwatch } from './timing.mjs';

const TOLERANCE = 2e-4;

/**
 * Measures one case of kernels/.
 * @returns what a row of the table shows; `stock` is a reason instead of a figure where stock has none
 * @throws Error when we and PyTorch disagree
 */
export async function measureKernel(engine, torch, one, { rounds, cpuTime, stock: wantStock, slack }) {
  const { tf, finish } = engine;
  const inputs = randomInputs(engine, one);
  const tensors = toTensors(tf, inputs);
  const ours = () => tf.tidy(() => one.ours(tensors));
  const heap = watchHeap(tf);
  try {
    const memory = { ours: await heap.peakOf(async () => tf.dispose(ours())) };
    const result = await read(tf, ours());
    const expected = await torch?.open(one.torch, inputs, 1);
    const error = expected && worstError(result, expected);
    if (expected && !(error <= slack * (one.tolerance ?? TOLERANCE))) {
      throw new Error(
        `${one.name} ${one.what}: ours and PyTorch differ by ${error.toExponential(1)} of the largest value`,
      );
    }
    const contenders = { ours: timer(tf, ours, cpuTime, finish) };
    if (torch) {
      memory.torch = await torch.memory();
      contenders.torch = (runs) => torch.time(runs, cpuTime);
    }
    const stock = wantStock ? await stockOf(engine, one, tensors, result, cpuTime) : { reason: 'none' };
    if (stock.time) contenders.stock = stock.time;
    const times = await interleave(contenders, rounds);
    return row(one, times, memory, stock.reason);
  } finally {
    heap.stop();
    tf.dispose(tensors);
    await torch?.close();
  }
}

function timer(tf, run, cpuTime, finish) {
  return async (runs) => {
    const elapsed = stopwatch(cpuTime);
    for (let i = 0; i < runs; i++) tf.dispose(run());
    await finish();
    return elapsed() / runs;
  };
}

async function read(tf, outputs) {
  const values = await Promise.all(outputs.map((tensor) => tensor.data()));
  tf.dispose(outputs);
  return values;
}

/** How stock is timed, or the reason why not. */
async function stockOf(engine, one, tensors, result, cpuTime) {
  if (one.stock === null) return { reason: 'none' };
  const { tf } = engine;
  const run = () => tf.tidy(() => (one.stock ?? one.ours)(tensors));
  const time = (runs) => onStock(engine, () => timer(tf, run, cpuTime, engine.finish)(runs));
  try {
    const values = await onStock(engine, () => read(tf, run()));
    return worstError(values, result) <= TOLERANCE ? { time } : { reason: 'wrong' };
  } catch {
    return { reason: 'fails' };
  }
}

function row({ name, what, sizes, work }, { ours, torch, stock }, memory, reason) {
  return {
    name,
    what,
    sizes,
    work,
    ms: { ours: ours.ms, stock: stock?.ms, torch: torch?.ms },
    stock: reason,
    memory,
    overStock: ratio(ours, stock),
    overTorch: ratio(ours, torch),
  };
}
