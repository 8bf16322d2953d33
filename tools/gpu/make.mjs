// `npm run gpu:folder [-- folder]`: one folder that runs on an offline Linux machine with a card, see folder/README.txt.
// Needs a build. Node, Dawn and TensorFlow.js are taken from this machine, which has to be Linux too.
import { cpSync, existsSync, mkdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { build } from 'vite';
import { programConfig } from '../browser-tests/config.mjs';
import { closureOf, ROOT, readJson, workspacePackages } from '../workspace.mjs';

const HERE = import.meta.dirname;
const DAWN = `${process.platform}-${process.arch}`;

const folder = resolve(process.argv[2] ?? join(ROOT, 'dist/gpu'));
await make();
console.log(`${folder}: run.sh there runs it`);

async function make() {
  const packages = closureOf(['trainer'], workspacePackages());
  const unbuilt = packages.filter(({ folder: one }) => !existsSync(join(ROOT, one, 'dist')));
  if (unbuilt.length > 0) throw new Error('gpu:folder: run npm run build first');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'node_modules/@paired3d'), { recursive: true });
  cpSync(join(HERE, 'folder'), folder, { recursive: true });
  cpSync(process.execPath, join(folder, 'node'));
  for (const file of ['tools/bench', 'tools/workspace.mjs', 'tools/gpu/run.mjs', 'tools/gpu/whole.mjs']) {
    cpSync(join(ROOT, file), join(folder, file), { recursive: true });
  }
  for (const { folder: one, short } of packages) {
    for (const file of ['package.json', 'dist'])
      cpSync(join(ROOT, one, file), join(folder, one, file), { recursive: true });
    if (one.startsWith('packages/')) symlinkSync(`../../${one}`, join(folder, 'node_modules/@paired3d', short));
  }
  const trainer = join(ROOT, 'apps/trainer');
  for (const name of ['webgpu', '@tensorflow/tfjs-backend-webgpu']) install(name, trainer);
  for (const { folder: one, manifest } of packages) {
    for (const name of Object.keys(manifest.dependencies ?? {})) install(name, join(ROOT, one));
  }
  await build(programConfig(join(folder, 'tests'), join(HERE, 'tests.mjs'), join(HERE, 'webgpu.mjs')));
}

/** Copies a package and what it depends on. Packages lie side by side; one of another version lies within its dependent. */
function install(name, from, target = folder) {
  if (name.startsWith('@paired3d/')) return;
  const source = find(name, from);
  if (!source) return; // optional, and not installed
  const { version, dependencies = {}, optionalDependencies = {} } = readJson(join(source, 'package.json'));
  const shared = join(folder, 'node_modules', name);
  if (isVersion(shared, version)) return;
  const to = existsSync(shared) ? join(target, 'node_modules', name) : shared;
  if (isVersion(to, version)) return;
  mkdirSync(dirname(to), { recursive: true });
  cpSync(source, to, { recursive: true, dereference: true, filter: (path) => isWanted(path, source) });
  for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies })) install(dependency, source, to);
}

function isVersion(path, version) {
  const manifest = join(path, 'package.json');
  return existsSync(manifest) && readJson(manifest).version === version;
}

/** Where Node finds a package from a folder. */
function find(name, from) {
  for (let at = realpathSync(from); dirname(at) !== at; at = dirname(at)) {
    const path = join(at, 'node_modules', name);
    if (existsSync(path)) return realpathSync(path);
  }
  return undefined;
}

/** Not its own dependencies, which are installed on their own, nothing that is for people, and of Dawn only this machine's. */
function isWanted(path, source) {
  const inside = path.slice(source.length + 1);
  if (inside === 'node_modules' || /\.(map|d\.ts)$/.test(inside)) return false;
  return !/^dist\/(darwin|linux|win32)-/.test(inside) || inside.startsWith(`dist/${DAWN}`);
}
