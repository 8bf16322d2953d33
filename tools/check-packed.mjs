// Packed use: what a person gets who installs our packages. Packs every package, installs the tarballs in an empty Node
// project and in an empty Vite project, and runs every README example in both; runs the installed `paired3d`.
//
//   node tools/check-packed.mjs [--only nifti,ops] [--no-browser] [--keep]
//
// Needs built packages (`npm run build`) and, for the browser half, Chromium: /usr/bin/chromium or $CHROMIUM.
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import {
  PNPM,
  ROOT,
  closureOf,
  freePort,
  listFlag,
  readJson,
  run,
  startServer,
  step,
  withTemporaryFolder,
  workspacePackages,
} from './workspace.mjs';

const TENSORFLOW = ['@tensorflow/tfjs', '@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'].map(
  (n) => `${n}@4.22.0`,
);
const EXAMPLE_SECONDS = 120;
const NPM_INSTALL = ['npm', 'install', '--no-audit', '--no-fund', '--loglevel=error'];

/** Examples of a README: fences `js` run in Node and in the browser, fences `js node` in Node alone. */
export function examplesOf(readme) {
  return [...readme.matchAll(/^```js( node)?\n([\s\S]*?)^```$/gm)].map(([, node, code]) => ({
    code,
    nodeOnly: !!node,
  }));
}

/** Output as it is compared: numbers may differ in their last digits between engines, and spaces in how they are shown. */
export function comparable(output) {
  return output.replace(/-?\d+(\.\d+)?(e[+-]?\d+)?/gi, '#').replace(/\s+/g, '');
}

async function main() {
  const published = workspacePackages().filter(({ manifest }) => !manifest.private);
  const chosen = closureOf(listFlag('--only'), published);
  await withTemporaryFolder('paired3d-packed-', (folder) => check(chosen, folder), {
    keep: process.argv.includes('--keep'),
  });
  console.log(`Packed use: ${chosen.map(({ short }) => short).join(', ')} work as installed.`);
}

async function check(chosen, folder) {
  const failures = [];
  const tryStep = (name, work) => step(name, work).catch((error) => void failures.push(`${name}\n${error.message}`));

  const tarballs = [];
  for (const one of chosen) tarballs.push(await step(`pack ${one.name}`, () => pack(one, join(folder, 'tarballs'))));
  const examples = await collectExamples(chosen, failures);
  const usesTensorflow = chosen.some(({ manifest }) =>
    Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).some((name) =>
      name.startsWith('@tensorflow/'),
    ),
  );
  const installed = [...tarballs, ...(usesTensorflow ? TENSORFLOW : [])];

  const nodeProject = await emptyProject(join(folder, 'in-node'));
  await step('install in an empty Node project', () => run([...NPM_INSTALL, ...installed], { cwd: nodeProject }));
  for (const example of examples) {
    await tryStep(`${example.title} in Node`, async () => (example.output = await runInNode(example, nodeProject)));
  }
  if (chosen.some(({ short }) => short === 'trainer')) await checkCommand(nodeProject, tryStep);

  const inBrowser = examples.filter(({ nodeOnly, output }) => !nodeOnly && output !== undefined);
  const executablePath = browserPath();
  if (inBrowser.length > 0 && executablePath) {
    const vite = `vite@${readJson(join(ROOT, 'package.json')).devDependencies.vite}`;
    const viteProject = await emptyProject(join(folder, 'in-vite'));
    await step('install in an empty Vite project', () =>
      run([...NPM_INSTALL, vite, ...installed], { cwd: viteProject }),
    );
    await step('build the examples with Vite', () => buildPages(inBrowser, viteProject));
    await checkPages(inBrowser, viteProject, executablePath, join(folder, 'browser-profile'), tryStep);
  }
  if (failures.length > 0) throw new Error(failures.join('\n\n'));
}

/** @returns the path of the tarball */
async function pack({ name, folder: from }, destination) {
  if (!existsSync(join(ROOT, from, 'dist'))) throw new Error(`${name} is not built: run \`npm run build\` first`);
  await mkdir(destination, { recursive: true });
  const before = new Set(await readdir(destination));
  await run([...PNPM, 'pack', '--pack-destination', destination], { cwd: join(ROOT, from) });
  const [tarball] = (await readdir(destination)).filter((file) => !before.has(file));
  return join(destination, tarball);
}

/** Every example with a title and a file name; a library without one is a failure. */
async function collectExamples(chosen, failures) {
  const examples = [];
  for (const { name, short, folder } of chosen) {
    const found = examplesOf(await readFile(join(ROOT, folder, 'README.md'), 'utf8').catch(() => ''));
    if (found.length === 0 && folder.startsWith('packages/'))
      failures.push(`${name}: its README has no \`\`\`js example`);
    found.forEach((example, i) => {
      const id = `${short}-${i + 1}`;
      examples.push({
        ...example,
        id,
        title: found.length > 1 ? `${name} README example ${i + 1}` : `${name} README example`,
      });
    });
  }
  return examples;
}

async function emptyProject(folder) {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }));
  return folder;
}

/** @returns what the example printed */
async function runInNode({ id, code }, project) {
  await writeFile(join(project, `${id}.mjs`), code);
  const output = await run(['node', `${id}.mjs`], { cwd: project, seconds: EXAMPLE_SECONDS });
  if (output.trim() === '') throw new Error('the example prints nothing: end it with a console.log of its result');
  return output;
}

/** The command as npm installs it. */
async function checkCommand(project, tryStep) {
  const { version } = readJson(join(ROOT, 'apps/trainer/package.json'));
  await tryStep('paired3d --version', async () => {
    const output = (await run(['npx', '--no-install', 'paired3d', '--version'], { cwd: project })).trim();
    if (output !== version) throw new Error(`expected ${version}, got ${output}`);
  });
  await tryStep('paired3d doctor', () => run(['npx', '--no-install', 'paired3d', 'doctor'], { cwd: project }));
}

/** Chromium's path; without one a machine of CI fails, and a person's skips the browser half and is told so. */
function browserPath() {
  if (process.argv.includes('--no-browser')) {
    console.log('skip  the browser half: --no-browser');
    return undefined;
  }
  const path = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (existsSync(path)) return path;
  const message = `no Chromium at ${path}: install it, or set CHROMIUM to its path`;
  if (process.env.CI) throw new Error(message);
  console.log(`skip  the browser half: ${message}`);
  return undefined;
}

/** One page per example. The entry imports the example, so that its last line runs when the example has ended. */
async function buildPages(examples, project) {
  for (const { id, code } of examples) {
    await writeFile(join(project, `${id}.js`), code);
    await writeFile(join(project, `${id}.entry.js`), `import './${id}.js';\ndocument.body.dataset.done = 'yes';\n`);
    const script = `<script type="module" src="/${id}.entry.js"></script>`;
    await writeFile(
      join(project, `${id}.html`),
      `<!doctype html><link rel="icon" href="data:,"><title>${id}</title><body>${script}</body>`,
    );
  }
  const input = JSON.stringify(examples.map(({ id }) => `${id}.html`));
  await writeFile(
    join(project, 'vite.config.js'),
    `export default { build: { target: 'es2022', rollupOptions: { input: ${input} } } };\n`,
  );
  await run(['node', 'node_modules/vite/bin/vite.js', 'build'], { cwd: project });
}

async function checkPages(examples, project, executablePath, profile, tryStep) {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const vite = ['node', 'node_modules/vite/bin/vite.js'];
  const server = await startServer(
    [...vite, 'preview', '--host', '127.0.0.1', '--port', String(port), '--strictPort'],
    {
      cwd: project,
      url: `${origin}/${examples[0].id}.html`,
    },
  );
  try {
    const browser = await chromium.launchPersistentContext(profile, {
      executablePath,
      headless: true,
      args: `--no-sandbox --disable-quic --no-first-run --disable-background-networking --disable-component-update
        --disable-sync`.split(/\s+/),
    });
    try {
      for (const example of examples) {
        await tryStep(`${example.title} in Chromium`, () => checkPage(example, browser, origin));
      }
    } finally {
      await browser.close();
    }
  } finally {
    await server.stop();
  }
}

async function checkPage({ id, output }, browser, origin) {
  const page = await browser.newPage();
  const logged = [];
  const errors = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
    else if (message.type() === 'log' || message.type() === 'info') logged.push(message.text());
  });
  const broken = new Promise((resolve) => {
    page.on('pageerror', (error) => {
      errors.push(String(error.stack ?? error));
      resolve();
    });
  });
  page.on('requestfailed', (request) => errors.push(`${request.url()}: ${request.failure()?.errorText}`));
  try {
    await page.goto(`${origin}/${id}.html`);
    const ended = page
      .waitForFunction(() => document.body.dataset.done === 'yes', undefined, { timeout: EXAMPLE_SECONDS * 1000 })
      .catch((error) => errors.push(`the example did not end: ${error.message}`));
    await Promise.race([ended, broken]);
    if (errors.length > 0) throw new Error(errors.join('\n'));
    if (comparable(logged.join('\n')) !== comparable(output)) {
      throw new Error(
        `expected the output that Node gives (log strings, which print alike):\n${output}\ngot:\n${logged.join('\n')}`,
      );
    }
  } finally {
    await page.close();
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
