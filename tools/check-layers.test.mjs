// Run with `node --test tools`.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkLayers } from './check-layers.mjs';

const folders = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

/** A workspace of four packages that follows the rule, with `files` added or replaced. */
function workspace(files = {}) {
  const root = mkdtempSync(join(tmpdir(), 'paired3d-layers-'));
  folders.push(root);
  const manifest = (name, more = {}) =>
    JSON.stringify({ name: `@paired3d/${name}`, exports: { '.': {}, './package.json': {} }, ...more });
  const peer = { peerDependencies: { '@tensorflow/tfjs-core': '4', '@tensorflow/tfjs-backend-wasm': '4' } };
  const good = {
    'package.json': JSON.stringify({ devDependencies: { vitest: '4' } }),
    'packages/ops/package.json': manifest('ops', { ...peer, exports: { '.': {}, './wasm': {} } }),
    'packages/vqae/package.json': manifest('vqae', { ...peer, dependencies: { '@paired3d/ops': '1' } }),
    'packages/registration/package.json': manifest('registration', {
      ...peer,
      dependencies: { '@paired3d/ops': '1', '@paired3d/vqae': '1', fflate: '1' },
    }),
    'apps/trainer/package.json': manifest('trainer', { dependencies: { '@paired3d/vqae': '1' } }),
    'apps/trainer/README.md': '',
    'apps/trainer/src/cli.ts': "import { readFile } from 'node:fs/promises';\nimport { encode } from '@paired3d/vqae';",
  };
  for (const name of ['ops', 'vqae', 'registration']) {
    good[`packages/${name}/README.md`] = '';
    good[`packages/${name}/src/index.ts`] = "export { x } from './x';";
    good[`packages/${name}/src/index.test.ts`] = "import { test } from 'vitest';\nimport { join } from 'node:path';";
  }
  good['packages/registration/package.json'] = manifest('registration', {
    ...peer,
    dependencies: { '@paired3d/ops': '1' },
  });
  for (const [path, text] of Object.entries({ ...good, ...files })) {
    if (text === null) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** The offenders when `text` is a source file of vqae. */
const inVqae = (text, file = 'x.ts') =>
  checkLayers(workspace({ [`packages/vqae/src/${file}`]: text })).map(
    ({ file, line, what }) => `${file}:${line} ${what}`,
  );

test('a workspace that follows the rule passes', () => {
  const fine = `
    import * as tf from '@tensorflow/tfjs-core';
    import { conv3d } from '@paired3d/ops';
    import { registerWasmKernels } from '@paired3d/ops/wasm';
    import { y } from './deeper/y';
    const document = { process: 1, window: 2 };
    export const zlib = globalThis.process?.title ?? document.window;`;
  assert.deepEqual(inVqae(fine), []);
});

const violations = {
  'a folder below': ["import { run } from '@paired3d/trainer';", '@paired3d/trainer'],
  'a sibling model': ["export { warp } from '@paired3d/registration';", '@paired3d/registration'],
  'a sibling model as a type': ["type A = import('@paired3d/registration').A;", '@paired3d/registration'],
  'a deep import': ["import { x } from '@paired3d/ops/src/conv3d';", '@paired3d/ops/src/conv3d'],
  'a relative path into a sibling': ["import { x } from '../../ops/src/index';", '../../ops/src/index'],
  'its own package by name': ["import { x } from '@paired3d/vqae';", '@paired3d/vqae'],
  'the union package of TensorFlow.js': ["import * as tf from '@tensorflow/tfjs';", '@tensorflow/tfjs'],
  'inner files of tfjs-core': ["import '@tensorflow/tfjs-core/dist/x';", '@tensorflow/tfjs-core/dist/x'],
  'a backend': ["import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';", '@tensorflow/tfjs-backend-wasm'],
  'a module of Node': ["const fs = await import('node:fs');", 'node:fs'],
  'a module of Node without its prefix': ["import { join } from 'path';", 'path'],
  'a package that is not declared': ["import { gzip } from 'fflate';", 'fflate'],
  'a default export': ['export default 1;', 'export default'],
  'a default export by name': ['const a = 1;\nexport { a as default };', 'export default', 2],
  'what only tests use': ["import { devices } from './testing';", './testing'],
  'a global of the browser': ['export const width = () => window.innerWidth;', 'window'],
  'a global of Node': ["export const home = process.env['HOME'];", 'process'],
};
for (const [name, [text, what, line = 1]] of Object.entries(violations)) {
  test(`${name} is an offender`, () => assert.deepEqual(inVqae(text), [`packages/vqae/src/x.ts:${line} ${what}`]));
}

test('only ops/wasm may name the types of the wasm backend, and only types', () => {
  const at = (line) => checkLayers(workspace({ 'packages/ops/src/wasm/backend.ts': line })).length;
  assert.equal(at("import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';"), 0);
  assert.equal(at("import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';"), 1);
});

test('tests may use Node and any declared package, but not another layer', () => {
  assert.deepEqual(inVqae("import 'vitest';\nimport 'node:fs';\nconst home = process.cwd();", 'x.test.ts'), []);
  assert.deepEqual(inVqae("import 'vitest';\nimport { y } from '../testing/y';", 'testing/x.ts'), []);
  assert.equal(inVqae("import '@paired3d/registration';", 'x.test.ts').length, 1);
});

test('a manifest, missing papers and a folder without a layer are offenders', () => {
  const dependencies = { '@paired3d/registration': '1', '@tensorflow/tfjs-core': '4' };
  const root = workspace({
    'packages/vqae/package.json': JSON.stringify({ name: '@paired3d/vqae', exports: { '.': {} }, dependencies }),
    'packages/ops/README.md': null,
    'packages/ops/src/index.test.ts': null,
    'packages/new/package.json': JSON.stringify({ name: '@paired3d/new' }),
  });
  assert.deepEqual(
    checkLayers(root)
      .map(({ file, what }) => `${file} ${what}`)
      .filter((line) => !line.startsWith('packages/new/') || line.includes('package.json')),
    [
      'packages/new/package.json @paired3d/new',
      'packages/ops/README.md is missing',
      'packages/ops/src/index.test.ts is missing',
      'packages/vqae/package.json @paired3d/registration',
      'packages/vqae/package.json @tensorflow/tfjs-core',
    ],
  );
});

test('the command fails on a violation and names its place', () => {
  const command = fileURLToPath(new URL('./check-layers.mjs', import.meta.url));
  const check = (root) => spawnSync(process.execPath, [command, root], { encoding: 'utf8' });
  assert.equal(check(workspace()).status, 0);
  const bad = check(workspace({ 'packages/vqae/src/x.ts': "\nimport '@paired3d/registration';" }));
  assert.equal(bad.status, 1);
  assert.match(bad.stdout, /^packages\/vqae\/src\/x\.ts:2 @paired3d\/registration: .+never import each other$/m);
});
