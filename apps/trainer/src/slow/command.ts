import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const cli = path.join(import.meta.dirname, '../../dist/cli.js');

/** How a command ended. */
export interface Ended {
  /** null when a signal killed it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command of the built program that runs. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts a command of the built program; `onEvent` gets the events that it writes when it is given `--json`. */
export function start(args: readonly string[], onEvent?: (event: Record<string, unknown>) => void): Running {
  if (!existsSync(cli)) throw new Error(`${cli} is missing: build first (npm run build)`);
  const child = spawn(process.execPath, [cli, ...args]);
  let [stdout, stderr, line] = ['', '', ''];
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString();
    if (!onEvent) return;
    const lines = (line + data.toString()).split('\n');
    line = lines.pop()!;
    for (const text of lines) onEvent(JSON.parse(text) as Record<string, unknown>);
  });
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const ended = once(child, 'close').then(([exitCode]) => ({ exitCode: exitCode as number | null, stdout, stderr }));
  return { child, ended };
}

/** Runs a command of the built program to its end. */
export function paired3d(...args: string[]): Promise<Ended> {
  return start(args).ended;
}

/** A folder for one test file, and how to remove it. */
export function workFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'paired3d-slow-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Settings that make `--preset tiny` run in seconds: `--set` arguments. */
export function shrunken(settings: Readonly<Record<string, unknown>> = {}): string[] {
  const all: Record<string, unknown> = {
    'source.size': [16, 16, 16],
    'source.spacing': 12,
    'source.cases': { train: 4, test: 2 },
    validation: 1,
    checkpointSeconds: 0.2,
    'vqae.steps': 24,
    'vqae.crop': 16,
    'tokenize.variants': 2,
    'diffusion.steps': 24,
    'synthesize.pairs': 4,
    'synthesize.steps': 4,
    'registration.steps': 10,
    'registration.tta.iterations': 6,
    ...settings,
  };
  return Object.entries(all).flatMap(([path, value]) => ['--set', `${path}=${JSON.stringify(value)}`]);
}
