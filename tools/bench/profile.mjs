// Where the time of a training step goes: `npm run bench -- --profile vqae`.
import { byName, timeKernels } from './kernelTimer.mjs';
import { median } from './statistics.mjs';
import { steps } from './steps.mjs';
import { figure, table } from './table.mjs';

/** Shapes that the second table lists. */
const SHAPES = 30;

/**
 * Repeats a training step and says how its time divides among kernels and what is between them.
 * @returns `{ stepMs, kernelMs, overhead, records }`, medians over the rounds; `records` are the sums over the rounds
 */
export async function measureProfile(engine, step, rounds) {
  await step.run();
  await step.run();
  const stepTimes = [];
  const kernelTimes = [];
  const records = new Map();
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    const ran = await timeKernels(engine.tf, step.run);
    stepTimes.push(performance.now() - start);
    kernelTimes.push(ran.reduce((sum, { ms }) => sum + ms, 0));
    for (const record of ran) {
      const key = `${record.name} ${record.shapes}`;
      const sum = records.get(key) ?? { ...record, calls: 0, ms: 0 };
      records.set(key, { ...sum, calls: sum.calls + record.calls, ms: sum.ms + record.ms });
    }
  }
  return {
    stepMs: median(stepTimes),
    kernelMs: median(kernelTimes),
    overhead: median(stepTimes.map((ms, i) => 1 - kernelTimes[i] / ms)),
    records: [...records.values()],
  };
}

/** Prints the profile of one training step. */
export async function printProfile(engine, name, { preset, rounds }) {
  const make = steps[name];
  if (!make) throw new Error(`--profile: expected one of ${Object.keys(steps).join(', ')}, got ${name}`);
  const step = await make(engine, preset, 1);
  try {
    const { stepMs, kernelMs, overhead, records } = await measureProfile(engine, step, rounds);
    const total = records.reduce((sum, { ms }) => sum + ms, 0);
    const columns = [
      { title: 'kernel', of: (row) => row.name, left: true },
      { title: 'calls a step', of: (row) => figure(row.calls / rounds) },
      { title: 'ms a step', of: (row) => figure(row.ms / rounds) },
      { title: 'share', of: (row) => `${((100 * row.ms) / total).toFixed(1)} %` },
    ];
    console.log(`Training step of ${name}, preset ${preset}, ${step.what}: ${figure(stepMs)} ms, of which kernels`);
    console.log(`${figure(kernelMs)} ms; overhead of the framework ${(100 * overhead).toFixed(1)} %.\n`);
    console.log(`${table(byName(records), columns)}\n`);
    const longest = [...records].sort((a, b) => b.ms - a.ms).slice(0, SHAPES);
    const inputs = { title: 'inputs', of: (row) => row.shapes, left: true };
    console.log(
      `The ${longest.length} longest by inputs:\n\n${table(longest, [columns[0], inputs, ...columns.slice(1)])}`,
    );
  } finally {
    step.dispose();
  }
}
