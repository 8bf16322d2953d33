import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import v8 from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MemoryStorage, parseRunConfig, phantomSource, presets, run, type StageName } from '@paired3d/pipeline';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWasm } from '../backend';
import { WorkerPool } from '../worker-pool';
import { workFolder } from './command';

const STEPS = 2000;
/** By then buffers have their size and functions are compiled. */
const WARM_UP = 1000;

// The garbage that is not collected yet says nothing of what is held.
v8.setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The program's worker, whose garbage is collected too. */
function workerEntry(folder: string): URL {
  const file = path.join(folder, 'worker.mjs');
  const built = pathToFileURL(path.join(import.meta.dirname, '../../dist/worker.js'));
  writeFileSync(file, `import '${built}';\nsetInterval(gc, 500);\n`);
  return pathToFileURL(file);
}

const training = { steps: STEPS, batch: 2 };
const phantom = { size: [16, 16, 16] as [number, number, number], spacing: 12, cases: { train: 3, test: 1 } };
const { vqae, diffusion, registration } = presets.tiny;
/** The models of preset tiny, narrower: what may leak is the same. */
const config = parseRunConfig({
  ...presets.tiny,
  source: { kind: 'phantom', ...phantom },
  validation: 1,
  checkpointSeconds: 1e6,
  vqae: {
    ...vqae,
    ...training,
    model: { ...vqae.model, network: { kind: 'patch', encoder: [16], decoder: [16] }, codes: 64 },
    crop: 8,
  },
  tokenize: { variants: 4, augmentation: 'full' },
  diffusion: { ...diffusion, ...training, model: { ...diffusion.model, width: 32, depth: 1, feedForward: 64 } },
  registration: { ...registration, ...training, model: { ...registration.model, channels: [4, 8, 8, 8] } },
});

const work = workFolder();
let pool: WorkerPool;
const storage = new MemoryStorage();

beforeAll(async () => {
  const { relaxedSimd } = await startWasm();
  pool = new WorkerPool(1, { relaxedSimd: relaxedSimd!, entry: workerEntry(work.folder) });
});
afterAll(async () => {
  await pool.close();
  work.remove();
});

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1];

// Each goes on where the one before it ended: its tokens are made of the autoencoder.
it.each(['vqae', 'diffusion', 'registration-real'] as const)(
  'soak: 2000 steps of %s on two threads keep the count of tensors and the memory',
  async (stage: StageName) => {
    const tensors = new Set<number>();
    const resident: number[] = [];
    const clock = () => performance.now() / 1000;
    const emit: Parameters<typeof run>[0]['emit'] = (event) => {
      if (event.type !== 'step' || event.stage !== stage || event.step < WARM_UP) return;
      tensors.add(tf.memory().numTensors);
      if (event.step % 50 > 0) return;
      collectGarbage();
      resident.push(process.memoryUsage.rss());
    };
    await run({ config, storage, source: phantomSource(phantom), workers: pool, emit, clock }, [stage]);
    expect(resident).toHaveLength((STEPS - WARM_UP) / 50 + 1);
    expect(tensors.size).toBe(1);
    const growth = median(resident.slice(-7)) / median(resident.slice(0, 7)) - 1;
    console.log(`${stage}: ${(median(resident) / 1e6).toFixed(0)} MB, ${(100 * growth).toFixed(2)} % more at the end`);
    expect(growth).toBeLessThan(0.02);
  },
);
