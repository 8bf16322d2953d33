// Training steps on one and on several workers, as the command line runs them, beside PyTorch with as many threads.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../workspace.mjs';
import { median } from './statistics.mjs';
import { denoiserPreset } from './steps.mjs';
import { openInTorch } from './stepTimes.mjs';

const CLI = join(ROOT, 'apps/trainer/dist/cli.js');
const STAGES = { vqae: ['vqae'], diffusion: ['diffusion'], registration: ['registration', '--on', 'real'] };
/**
 * Samples of a repetition's steps, of which the first half warms up. V8 compiles beside the first hundred steps of an
 * autoencoder: on a core that one worker leaves idle, at the cost of two. Trainings have thousands.
 */
const SAMPLES = { vqae: 480, diffusion: 48, registration: 48 };
/** A repetition takes that long: there are no more of them. */
const MOST_ROUNDS = 3;
/** Steps of PyTorch in a row. */
const TORCH_STEPS = 3;

/** Lengths of the batches that are measured: a sample a worker, as the presets for one machine have it, and four. */
export const batchesOf = (workers) => [workers, 4 * workers];

/**
 * Measures a step of steps.mjs on batches: `one` worker, `several`, `torch` with as many threads, in turn, by the clock.
 * @returns `{ name, what, ms: { one, several, torch }, scaling, overTorch }`
 * @throws Error when we and PyTorch disagree
 */
export async function measureWorkers(engine, torch, { key, name, make, sizes, batch }, { rounds, workers }) {
  const step = await make(engine, sizes, batch);
  try {
    if (torch) await openInTorch(name, torch, step, workers);
    const { presets } = engine.pipeline;
    const { diffusion } = denoiserPreset(presets, sizes);
    const config = settings({ ...presets[sizes], diffusion }, batch);
    const times = { one: [], several: [], torch: [] };
    for (let round = 0; round < Math.min(rounds, MOST_ROUNDS); round++) {
      times.one.push(await stepTime(key, 1, config));
      times.several.push(await stepTime(key, workers, config));
      if (torch) times.torch.push(await torch.time(TORCH_STEPS, false));
    }
    const over = (others) => median(others.map((ms, round) => ms / times.several[round]));
    return {
      name,
      what: step.what,
      sizes,
      ms: { one: median(times.one), several: median(times.several), torch: torch && median(times.torch) },
      scaling: over(times.one),
      overTorch: torch && over(times.torch),
    };
  } finally {
    step.dispose();
    await torch?.close();
  }
}

/** The sizes of a preset on phantoms, each training of a few steps on batches. */
function settings(preset, batch) {
  const training = (stage) => ({ ...preset[stage], steps: Math.max(6, Math.ceil(SAMPLES[stage] / batch)), batch });
  return {
    source: { size: [64, 52, 64], spacing: 3.75, cases: { train: 6, test: 1 } },
    // PyTorch's steps are Adam's.
    vqae: { ...training('vqae'), optimiser: 'adam' },
    tokenize: { variants: 1 },
    diffusion: training('diffusion'),
    registration: training('registration'),
  };
}

/** Median milliseconds between the steps of a stage, after its warm-up. */
async function stepTime(stage, workers, config) {
  const folder = mkdtempSync(join(os.tmpdir(), 'paired3d-bench-'));
  try {
    const file = join(folder, 'settings.json');
    // What a stage builds on is made in a step.
    const written = stage === 'diffusion' ? { ...config, vqae: { ...config.vqae, steps: 1 } } : config;
    writeFileSync(file, JSON.stringify(written));
    const options = ['--preset', 'tiny', '--config', file, '--workers', `${workers}`, '--backend', 'wasm', '--json'];
    const [model, ...more] = STAGES[stage];
    const args = [CLI, 'train', model, ...more, ...options, '--out', join(folder, 'run')];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const at = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const event = JSON.parse(line);
      if (event.type === 'step' && event.stage.startsWith(stage)) at.push(performance.now());
    }
    const { steps } = config[stage];
    if (at.length !== steps) throw new Error(`bench: expected ${steps} steps of ${stage}, got ${at.length}`);
    const between = at.slice(1).map((time, i) => time - at[i]);
    return median(between.slice(Math.floor(steps / 2)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
