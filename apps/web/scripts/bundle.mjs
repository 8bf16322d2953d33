// Makes the models that the page is served with: trains them on phantoms by `paired3d`, narrows them to float16, and keeps
// beside them the logits that Node computes on WASM, with which the page's diagnostics compare.
//
//   npm run bundle [-- --from <run> <run of the denoiser>]
//
// Needs built packages (`npm run build` in the repository's root), and a quarter of an hour of two CPU cores.
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MemoryStorage, openDenoiser, readModel, withWeightType, writeModel } from '@paired3d/pipeline';
import { folder, maskedLogits, openWasm } from './reference.mjs';

const HERE = dirname(dirname(fileURLToPath(import.meta.url)));
const TARGET = join(HERE, 'public/models');
const RUNS = join(HERE, '../../runs/web-bundle');

/** The demo of `npm start`, and a denoiser that is trained longer, on more pairs: what the page shows most of. */
const DENOISER = ['diffusion.steps=1400', 'tokenize.variants=48', 'source.cases.train=24'];

async function main() {
  const at = process.argv.indexOf('--from');
  const [run, denoiserRun] = at < 0 ? trainAll() : process.argv.slice(at + 1);
  await rm(TARGET, { recursive: true, force: true });
  await openWasm();
  await keep('vqae', join(run, 'vqae'), join(TARGET, 'vqae'));
  await keep('diffusion', join(denoiserRun, 'diffusion'), join(TARGET, 'diffusion'));
  await keep('registration', join(run, 'registration'), join(TARGET, 'registration'));
  await writeFile(join(TARGET, 'config.json'), await readFile(join(run, 'config.json')));
  const denoiser = await openDenoiser(await folder(join(TARGET, 'diffusion')));
  await writeFile(join(TARGET, 'logits.f32'), new Uint8Array((await maskedLogits(denoiser)).buffer));
  console.log(`models: ${TARGET}`);
}

/** Trains all models, going on where an earlier try stopped. */
function trainAll() {
  const [run, denoiserRun] = [join(RUNS, 'demo'), join(RUNS, 'denoiser')];
  train('registration', run, []);
  train('diffusion', denoiserRun, ['--vqae', join(run, 'vqae'), ...DENOISER.flatMap((one) => ['--set', one])]);
  return [run, denoiserRun];
}

function train(model, out, options) {
  const cli = join(HERE, '../trainer/dist/cli.js');
  const args = [cli, 'train', model, '--preset', 'tiny', '--out', out, ...options];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** Copies a model folder: its weights as float16, its card with a line that says so. */
async function keep(kind, from, to) {
  const { config, tensors } = await readModel(await folder(from), kind);
  const card = await readFile(join(from, 'README.md'), 'utf8');
  const note = 'Weights are float16, narrowed from float32 for the browser demo (`npm run bundle` in `apps/web`).';
  const storage = new MemoryStorage();
  await writeModel(storage, { kind, config, tensors: withWeightType(tensors, 'f16') }, `${card}\n${note}\n`);
  await mkdir(to, { recursive: true });
  for (const file of await storage.list('')) await writeFile(join(to, file), await storage.read(file));
}

await main();
