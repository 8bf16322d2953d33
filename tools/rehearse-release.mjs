// Rehearses a release against a registry of our own (Verdaccio, on the loopback interface, gone afterwards):
// `changeset version`, build, `changeset publish`, and installing what was published in an empty project.
//
//   node tools/rehearse-release.mjs [--only nifti,ops] [--keep]
//
// Works in a clone of HEAD: the checkout stays as it is, and what is not committed is not rehearsed.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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

/** Whoever runs this need not have told git a name. */
const GIT_IDENTITY = Object.fromEntries(
  ['AUTHOR', 'COMMITTER'].flatMap((role) => [
    [`GIT_${role}_NAME`, 'Release rehearsal'],
    [`GIT_${role}_EMAIL`, 'rehearsal@localhost'],
  ]),
);

async function main() {
  if ((await run(['git', 'status', '--porcelain'])).trim() !== '') {
    console.log('note  there are uncommitted changes: they are not part of this rehearsal');
  }
  await withTemporaryFolder('paired3d-release-', rehearse, { keep: process.argv.includes('--keep') });
}

async function rehearse(folder) {
  const clone = join(folder, 'clone');
  await step('clone HEAD', () => run(['git', 'clone', '--quiet', ROOT, clone]));
  await step('install', () => run([...PNPM, 'install', '--frozen-lockfile', '--prefer-offline'], { cwd: clone }));
  const registry = await startRegistry(join(folder, 'registry'));
  try {
    const released = await releaseFrom(clone, registry.url);
    await installReleased(released, join(folder, 'empty'), registry.url);
    const list = released.map(({ name, manifest }) => `${name}@${manifest.version}`).join(', ');
    console.log(`Release rehearsal: ${list} were published and install.`);
  } finally {
    await registry.stop();
  }
}

/** Verdaccio with only our scope, open to anyone on this machine; everything else comes from the usual registry. */
async function startRegistry(folder) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = {
    storage: join(folder, 'storage'),
    auth: { htpasswd: { file: join(folder, 'htpasswd'), max_users: -1 } },
    uplinks: {},
    packages: { '@paired3d/*': { access: '$all', publish: '$all', unpublish: '$all' } },
    web: { enable: false },
    log: { type: 'stdout', format: 'pretty', level: 'warn' },
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.yaml'), JSON.stringify(config));
  const verdaccio = join(ROOT, 'node_modules/verdaccio/bin/verdaccio');
  const command = [
    process.execPath,
    verdaccio,
    '--config',
    join(folder, 'config.yaml'),
    '--listen',
    `127.0.0.1:${port}`,
  ];
  return { url, ...(await step('start Verdaccio', () => startServer(command, { cwd: folder, url: `${url}/-/ping` }))) };
}

/** Versions, builds and publishes. @returns the packages with their new manifests */
async function releaseFrom(clone, registry) {
  const published = workspacePackages(clone).filter(({ manifest }) => !manifest.private);
  const chosen = closureOf(listFlag('--only'), published);
  const before = new Map(chosen.map(({ name, manifest }) => [name, manifest.version]));
  // What is private is not published: so a rehearsal of a part leaves the rest out.
  for (const { name, folder, manifest } of workspacePackages(clone)) {
    if (before.has(name)) continue;
    await writeFile(join(clone, folder, 'package.json'), JSON.stringify({ ...manifest, private: true }, null, 2));
  }
  const bumps = chosen.map(({ name }) => `'${name}': patch`).join('\n');
  await writeFile(join(clone, '.changeset/rehearsal.md'), `---\n${bumps}\n---\n\nRehearsal of a release.\n`);
  await writeFile(join(clone, '.npmrc'), npmrc(registry));
  const env = { ...GIT_IDENTITY, NX_DAEMON: 'false', 'npm_config_@paired3d:registry': registry };

  await step('changeset version', () => run([...PNPM, 'exec', 'changeset', 'version'], { cwd: clone, env }));
  const released = workspacePackages(clone).filter(({ name }) => before.has(name));
  const same = released.filter(({ name, manifest }) => manifest.version === before.get(name));
  if (same.length > 0)
    throw new Error(`changeset version left ${same.map(({ name }) => name).join(', ')} as they were`);
  await run(['git', 'commit', '--quiet', '--all', '--message', 'Version packages'], { cwd: clone, env });

  const projects = released.map(({ name }) => name).join(',');
  const build = [...PNPM, 'nx', 'run-many', '--target', 'build', '--projects', projects];
  await step('build', () => run(build, { cwd: clone, env, seconds: 1200 }));
  await step('changeset publish', () => run([...PNPM, 'exec', 'changeset', 'publish'], { cwd: clone, env }));
  for (const { name, manifest } of released) {
    const found = await fetch(`${registry}/${name.replace('/', '%2f')}`).then((answer) => answer.json());
    if (found['dist-tags']?.latest !== manifest.version) {
      throw new Error(
        `${name}: expected ${manifest.version} in the registry, got ${JSON.stringify(found['dist-tags'])}`,
      );
    }
  }
  return released;
}

/** Installs what was published as anyone would, and uses it. */
async function installReleased(released, project, registry) {
  await mkdir(project);
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }));
  await writeFile(join(project, '.npmrc'), npmrc(registry));
  const trainer = released.find(({ short }) => short === 'trainer');
  // The command brings the libraries with it; without it the libraries are asked for one by one.
  const wanted = (trainer ? [trainer] : released).map(({ name, manifest }) => `${name}@${manifest.version}`);
  const install = ['npm', 'install', '--no-audit', '--no-fund', '--loglevel=error', ...wanted];
  await step(`npm install ${wanted.join(' ')}`, () => run(install, { cwd: project }));
  if (trainer) {
    await step('paired3d --version', async () => {
      const output = (await run(['npx', '--no-install', 'paired3d', '--version'], { cwd: project })).trim();
      const { version } = trainer.manifest;
      if (output !== version) throw new Error(`paired3d --version: expected ${version}, got ${output}`);
    });
  } else {
    for (const { name } of released) {
      await step(`import ${name}`, () => run(['node', '--eval', `await import('${name}')`], { cwd: project }));
    }
  }
  const installedVersion = ({ name }) => readJson(join(project, 'node_modules', name, 'package.json')).version;
  for (const one of trainer ? [trainer] : released) {
    if (installedVersion(one) !== one.manifest.version) throw new Error(`${one.name}: another version was installed`);
  }
}

/** npm and pnpm send no request to publish without a token, though this registry asks for none. */
function npmrc(registry) {
  return `@paired3d:registry=${registry}\n${registry.replace('http:', '')}/:_authToken=rehearsal\n`;
}

await main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
