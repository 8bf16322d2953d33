// `node tools/gpu/commands.mjs [vqae | diffusion | registration] [--mixed]`: what a training step of the preset `small` asks of
// WebGPU, and how long TensorFlow.js, our kernels and Dawn take to say it: on Dawn's backend without a driver, which computes
// nothing and needs no card. After a build.
import { parseArgs } from 'node:util';
import { startEngine } from '../bench/engine.mjs';
import { median } from '../bench/statistics.mjs';
import { steps } from '../bench/steps.mjs';

const WARM_UP = 12;
const STEPS = 20;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { mixed: { type: 'boolean' } } });
const names = positionals.length > 0 ? positionals : ['vqae', 'diffusion', 'registration'];
const engine = await startEngine('webgpu', values.mixed ? 'mixed' : 'float32', ['backend=null']);
const counts = countCommands(engine.tf.backend().device);
for (const name of names) await measure(name);
process.exit(0);

async function measure(name) {
  const step = await steps[name](engine, 'small', name === 'diffusion' ? 2 : 1);
  for (let i = 0; i < WARM_UP; i++) await step.run();
  const records = [];
  for (let i = 0; i < STEPS; i++) {
    for (const key of Object.keys(counts)) counts[key] = 0;
    const start = performance.now();
    await step.run();
    await engine.finish();
    records.push({ ms: performance.now() - start, ...counts });
  }
  step.dispose();
  const columns = Object.keys(records[0]).map((key) => {
    const value = median(records.map((record) => record[key]));
    return `${key} ${Number.isInteger(value) ? value : value.toFixed(1)}`;
  });
  console.log(`${name}, ${step.what}: ${columns.join(', ')}`);
}

/** Counts what a device is asked for, by wrapping its methods. */
function countCommands(device) {
  const counts = { dispatches: 0, passes: 0, submissions: 0, pipelines: 0, buffers: 0, megabytes: 0 };
  after(device, 'createComputePipeline', () => counts.pipelines++);
  after(device, 'createBuffer', ({ size }) => {
    counts.buffers++;
    counts.megabytes += size / 1e6;
  });
  after(device.queue, 'submit', () => counts.submissions++);
  after(device, 'createCommandEncoder', (encoder) => {
    after(encoder, 'beginComputePass', (pass) => {
      counts.passes++;
      after(pass, 'dispatchWorkgroups', () => counts.dispatches++);
    });
  });
  return counts;
}

/** Calls `look` with the result of a method of `object`, whenever that is called. */
function after(object, method, look) {
  const call = object[method].bind(object);
  object[method] = (...given) => {
    const result = call(...given);
    look(result);
    return result;
  };
}
