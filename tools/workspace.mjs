// What the repository's checks share: the list of packages, running a command, a free port, a folder that goes away.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** The package manager, fetched by npm: a fresh machine has no other. */
export const PNPM = ['npx', '-y', 'pnpm@10.34.9'];

/** Reads a JSON file. */
export function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Every package of the workspace: `{ name, short, folder, manifest }`, folders relative to the root. */
export function workspacePackages(root = ROOT) {
  return ['packages', 'apps'].flatMap((group) =>
    (existsSync(join(root, group)) ? readdirSync(join(root, group)).sort() : [])
      .filter((short) => existsSync(join(root, group, short, 'package.json')))
      .map((short) => {
        const folder = `${group}/${short}`;
        const manifest = readJson(join(root, folder, 'package.json'));
        return { name: manifest.name, short, folder, manifest };
      }),
  );
}

/** The packages called `names` (all when empty) and all that they depend on, dependencies first. */
export function closureOf(names, packages) {
  for (const name of names) {
    if (!packages.some(({ short }) => short === name)) {
      throw new Error(`--only: expected one of ${packages.map(({ short }) => short).join(', ')}, got ${name}`);
    }
  }
  const chosen = [];
  const visit = (one) => {
    if (chosen.includes(one)) return;
    packages.filter(({ name }) => name in (one.manifest.dependencies ?? {})).forEach(visit);
    chosen.push(one);
  };
  packages.filter(({ short }) => names.length === 0 || names.includes(short)).forEach(visit);
  return chosen;
}

/** Value of `--flag value` or `--flag=value` split at commas; empty without the flag. */
export function listFlag(flag, args = process.argv.slice(2)) {
  const at = args.findIndex((arg) => arg === flag || arg.startsWith(`${flag}=`));
  if (at < 0) return [];
  const value = args[at].includes('=') ? args[at].slice(flag.length + 1) : (args[at + 1] ?? '');
  return value.split(',').filter(Boolean);
}

/**
 * Runs a command and returns what it wrote to stdout.
 * @throws Error with the end of its output when it fails or takes longer than `seconds`
 */
export function run([command, ...args], { cwd = ROOT, env = {}, seconds = 600 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let all = '';
    child.stdout.on('data', (part) => ((stdout += part), (all += part)));
    child.stderr.on('data', (part) => (all += part));
    let late = false;
    const kill = () => child.kill('SIGKILL');
    const timer = setTimeout(() => ((late = true), kill()), seconds * 1000);
    process.once('exit', kill);
    const settle = () => {
      clearTimeout(timer);
      process.removeListener('exit', kill);
    };
    child.on('error', (error) => (settle(), reject(error)));
    child.on('close', (code) => {
      settle();
      if (code === 0) return resolve(stdout);
      const what = late ? `took longer than ${seconds} s` : `ended with code ${code}`;
      reject(new Error(`${[command, ...args].join(' ')} ${what}\n${all.trim().slice(-4000)}`));
    });
  });
}

/** Starts a server and resolves when it answers at `url`; its `stop()` resolves when the process is gone. */
export async function startServer([command, ...args], { cwd = ROOT, url, seconds = 60 }) {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (part) => (output += part));
  child.stderr.on('data', (part) => (output += part));
  const ended = new Promise((resolve) => child.once('close', resolve));
  const killNow = () => child.kill('SIGKILL');
  process.once('exit', killNow);
  const stop = async () => {
    child.kill('SIGTERM');
    const force = setTimeout(killNow, 5000);
    await ended;
    clearTimeout(force);
    process.removeListener('exit', killNow);
  };
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline && child.exitCode === null) {
    if (
      await fetch(url).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return { stop };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await stop();
  throw new Error(`${command} ${args.join(' ')} did not answer at ${url}\n${output.slice(-4000)}`);
}

/** A port of the loopback interface that nobody uses. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Gives `work` a new folder, which is removed when the work is over, one way or the other. */
export async function withTemporaryFolder(prefix, work, { keep = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  const remove = () => {
    if (keep) console.log(`kept  ${folder}`);
    else rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once('exit', remove);
  // A signal ends the process through `exit`, whose listeners stop what was started and remove what was written.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
  return work(folder);
}

/** Runs one named step and prints how it went. */
export async function step(name, work) {
  const start = performance.now();
  const seconds = () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
  try {
    const result = await work();
    console.log(`ok    ${name} (${seconds()})`);
    return result;
  } catch (error) {
    console.log(`FAIL  ${name} (${seconds()})`);
    throw error;
  }
}
