// Of the folder: all parts, one process each, so that one that fails does not cost the others. See folder/README.txt.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../..');
const tiny = process.argv.includes('--tiny');
const python = process.env.PYTHON ?? 'python3';

const results = { date: new Date().toISOString(), tiny };

/** Runs a part with this Node, shows what it says as it says it, and notes how it ended; `read` gives the figures it left. */
async function part(name, args, read) {
  console.log(`\n== ${name}`);
  const child = spawn(process.execPath, args, { cwd: FOLDER, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (bytes) => {
    said += bytes;
    process.stdout.write(bytes);
  });
  const [status] = await once(child, 'close');
  results[name] = { ok: status === 0, ...(read ? read() : { said: said.trim() }) };
  writeFileSync(join(FOLDER, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
}

const figuresOf = (file) => () => ({ figures: existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined });
const torchWith = (test) =>
  spawnSync(python, ['-c', `import torch, numpy; assert ${test}`], { stdio: 'ignore' }).status === 0;

const doctor = ['apps/trainer/dist/cli.js', 'doctor', '--backend', 'webgpu'];
const mixed = [...doctor, '--precision', 'mixed'];
const hasHalf = spawnSync(process.execPath, mixed, { cwd: FOLDER, stdio: 'ignore' }).status === 0;

/** Ours in float16 too, where the card has it, beside PyTorch's autocast to it; `mixed` is that without PyTorch. */
async function bench(precision, device) {
  const file = join(FOLDER, `bench-${precision}.json`);
  const torch = device ? ['--python', python, '--torch-device', device, '--precision', precision] : ['--no-torch'];
  const ours = hasHalf && ['autocast', 'mixed'].includes(precision) ? ['--mixed'] : [];
  const size = tiny
    ? ['--quick', '--only', '(gelu|softmax), forward .*small']
    : ['--only', 'conv3d|training step|attention'];
  await part(
    precision,
    ['tools/bench/bench.mjs', '--backend', 'webgpu', ...ours, '--json', file, ...torch, ...size],
    figuresOf(file),
  );
}

await part('doctor', hasHalf ? mixed : doctor);
await part('tests', ['tests/tests.mjs']);
if (torchWith('torch.cuda.is_available()')) {
  for (const precision of ['float32', 'tf32', 'autocast']) await bench(precision, 'cuda');
} else {
  await bench('float32', tiny && torchWith('True') ? 'cpu' : undefined);
  if (hasHalf) await bench('mixed');
}
const whole = join(FOLDER, 'whole.json');
await part('whole', ['tools/gpu/whole.mjs', whole, ...(tiny ? ['--tiny'] : [])], figuresOf(whole));

const failed = Object.entries(results).filter(([, result]) => result?.ok === false);
console.log(
  `\n${failed.length === 0 ? 'All parts ran' : `Failed: ${failed.map(([name]) => name).join(', ')}`}; results.json has it all.`,
);
process.exit(failed.length === 0 ? 0 : 1);
