// Makes the models that the page is served with: trains them on phantoms by `paired3d`, narrows them to float16, and keeps
// beside them the logits that Node computes on WASM, with which the page's diagnostics compare.
//
//   npm run bundle [-- --from <finished run>]
//
// Needs built packages (`npm run build` in the repository's root), and half an hour of two CPU cores.
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MemoryStorage, openDenoiser, readModel, withWeightType, writeModel } from '@paired3d/pipeline';
import { folder, maskedLogits, openWasm } from './reference.mjs';

const HERE = dirname(dirname(fileURLToPath(import.meta.url)));
const CONFIG = join(HERE, 'bundle.config.json');
const TARGET = join(HERE, 'public/models');

async function main() {
  const at = process.argv.indexOf('--from');
  const run = at < 0 ? train(join(HERE, '../../runs/web-bundle')) : process.argv[at + 1];
  await rm(TARGET, { recursive: true, force: true });
  await openWasm();
  for (const kind of ['vqae', 'diffusion', 'registration']) await keep(kind, join(run, kind), join(TARGET, kind));
  await writeFile(join(TARGET, 'config.json'), await readFile(join(run, 'config.json')));
  const denoiser = await openDenoiser(await folder(join(TARGET, 'diffusion')));
  await writeFile(join(TARGET, 'logits.f32'), new Uint8Array((await maskedLogits(denoiser)).buffer));
  console.log(`models: ${TARGET}`);
}

/** Trains in a folder, going on where an earlier try stopped. */
function train(out) {
  const cli = join(HERE, '../trainer/dist/cli.js');
  const args = [cli, 'train', 'registration', '--preset', 'tiny', '--config', CONFIG, '--out', out];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  return out;
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
