// Training steps on one and on several workers, as the command line runs them: `npm run bench:workers -- --help`.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { ROOT } from '../workspace.mjs';
import { built } from './engine.mjs';
import { median } from './statistics.mjs';
import { figure, table } from './table.mjs';

const HELP = `npm run bench:workers -- [options]

  --workers <n>   compared with one worker; one a core by default
  --batch <n>     samples a step, 2 by default
  --steps <n>     steps a repetition, 24 by default; the first quarter warms up
  --rounds <n>    repetitions of each, in turn, 3 by default
  --only <stage>  vqae, diffusion or registration alone
  --help          this text`;

const CLI = join(ROOT, 'apps/trainer/dist/cli.js');
const STAGES = { vqae: ['vqae'], diffusion: ['diffusion'], registration: ['registration', '--on', 'real'] };

/** The sizes of preset small on phantoms, each training of a few steps on batches. */
async function settings({ steps, batch }) {
  const { presets } = await built('pipeline');
  const { small } = presets;
  const training = (stage) => ({ ...small[stage], steps, batch });
  return {
    source: { size: [64, 52, 64], spacing: 3.75, cases: { train: 6, test: 1 } },
    vqae: training('vqae'),
    tokenize: { ...small.tokenize, variants: 1 },
    diffusion: training('diffusion'),
    registration: training('registration'),
  };
}

/** Median milliseconds between the steps of a stage, after its warm-up. */
async function stepTime({ stage, workers, config, steps }) {
  const folder = mkdtempSync(join(os.tmpdir(), 'paired3d-bench-'));
  try {
    const file = join(folder, 'settings.json');
    // What a stage builds on is made in a step.
    writeFileSync(
      file,
      JSON.stringify(stage === 'diffusion' ? { ...config, vqae: { ...config.vqae, steps: 1 } } : config),
    );
    const options = ['--preset', 'tiny', '--config', file, '--workers', `${workers}`, '--backend', 'wasm', '--json'];
    const [model, ...more] = STAGES[stage];
    const args = [CLI, 'train', model, ...more, ...options, '--out', join(folder, 'run')];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const at = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const event = JSON.parse(line);
      if (event.type === 'step' && event.stage.startsWith(stage)) at.push(performance.now());
    }
    if (at.length !== steps) throw new Error(`bench: expected ${steps} steps of ${stage}, got ${at.length}`);
    return median(
      at
        .slice(1)
        .map((time, i) => time - at[i])
        .slice(Math.floor(steps / 4)),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main() {
  const number = { type: 'string' };
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      workers: number,
      batch: number,
      steps: number,
      rounds: number,
      help: { type: 'boolean' },
    },
  });
  if (values.help) return console.log(HELP);
  const { only, help: _help, ...numbers } = values;
  const { workers, batch, steps, rounds } = {
    ...{ workers: os.availableParallelism(), batch: 2, steps: 24, rounds: 3 },
    ...Object.fromEntries(Object.entries(numbers).map(([name, text]) => [name, Number(text)])),
  };
  const config = await settings({ steps, batch });
  const rows = [];
  for (const stage of Object.keys(STAGES).filter((stage) => (only ?? stage) === stage)) {
    const times = { one: [], several: [] };
    for (let round = 0; round < rounds; round++) {
      times.one.push(await stepTime({ stage, workers: 1, config, steps }));
      times.several.push(await stepTime({ stage, workers, config, steps }));
    }
    const ratio = median(times.one.map((ms, round) => ms / times.several[round]));
    rows.push({ stage, one: median(times.one), several: median(times.several), ratio });
    process.stderr.write(`${stage} ${figure(ratio)}x\n`);
  }
  console.log(`batch ${batch}, sizes of small, ${os.cpus()[0].model}, ${os.availableParallelism()} cores in use\n`);
  console.log(
    table(rows, [
      { title: 'training step', of: ({ stage }) => stage, left: true },
      { title: '1 worker, ms', of: ({ one }) => figure(one) },
      { title: `${workers} workers, ms`, of: ({ several }) => figure(several) },
      { title: 'ratio', of: ({ ratio }) => figure(ratio) },
    ]),
  );
}

await main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
