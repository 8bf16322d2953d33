// Speed of the kernels and of whole training steps: `npm run bench -- --help`.
import { writeFileSync } from 'node:fs';
import { startEngine } from './engine.mjs';
import { kernelCases } from './kernels/cases.mjs';
import { measureKernel } from './kernelTimes.mjs';
import { environment } from './machine.mjs';
import { measureStep, stepCases } from './stepTimes.mjs';
import { HELP, filterOf, parseOptions } from './options.mjs';
import { printProfile } from './profile.mjs';
import { writeReport } from './report.mjs';
import { kernelTable, stepTable, workerTable } from './results.mjs';
import { figure } from './table.mjs';
import { startTorch } from './torch.mjs';
import { batchesOf, measureWorkers } from './workers.mjs';

async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) return console.log(HELP);
  const engine = await startEngine(options.backend, options.mixed ? 'mixed' : 'float32');
  if (options.profile) return printProfile(engine, options.profile, options);
  const torch = options.torch ? await startTorch(options.python, options.torchDevice, options.precision) : undefined;
  if (options.torch && !torch) console.log(`${options.python} has no PyTorch: left out.`);
  try {
    await compareAll(engine, torch, options);
  } finally {
    torch?.stop();
  }
}

async function compareAll(engine, torch, options) {
  const wanted = filterOf(options.only);
  const failures = [];
  const kernels = await measureAll(kernelCases(engine).filter(wanted), failures, (one) =>
    measureKernel(engine, torch, one, options),
  );
  const steps = await measureAll(stepCases().filter(wanted), failures, (one) =>
    measureStep(engine, torch, one, options),
  );
  const shared = options.workers
    ? stepCases()
        .filter((one) => one.key !== 'sampling' && one.sizes === 'small')
        .flatMap((one) => batchesOf(options.workers).map((batch) => ({ ...one, batch })))
    : [];
  const workers = await measureAll(shared.filter(wanted), failures, (one) =>
    measureWorkers(engine, torch, one, options),
  );
  const results = { environment: environment(engine, torch, options), kernels, steps, workers };
  for (const [name, value] of Object.entries(results.environment)) console.log(`${name}: ${value}`);
  if (kernels.length > 0) console.log(`\n${kernelTable(kernels)}`);
  if (steps.length > 0) console.log(`\n${stepTable(steps)}`);
  if (workers.length > 0) console.log(`\n${workerTable(workers, options.workers)}`);
  const left = engine.tf.memory().numTensors;
  if (left > 0) failures.push(`${left} tensors were not disposed`);
  if (options.json) writeFileSync(options.json, `${JSON.stringify({ ...results, failures }, null, 2)}\n`);
  if (failures.length > 0) throw new Error(`\n${failures.join('\n')}`);
  if (options.write) await writeReport(results);
}

/** The rows of all cases; those that fail are told at the end, so that one does not cost the others. */
async function measureAll(cases, failures, measure) {
  const rows = [];
  for (const one of cases) {
    try {
      const row = await measure(one);
      rows.push(row);
      const ratio = row.overTorch === undefined ? '' : `, ${figure(row.overTorch)}x PyTorch`;
      process.stderr.write(
        `${row.name} ${row.what} (${row.sizes}): ${figure(row.ms.ours ?? row.ms.several)} ms${ratio}\n`,
      );
    } catch (error) {
      process.stderr.write(`${error.message}\n`);
      failures.push(error.message);
    }
  }
  return rows;
}

await main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
