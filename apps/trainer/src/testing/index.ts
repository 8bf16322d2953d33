import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Writable } from 'node:stream';
import { build } from 'vite';
import { onTestFinished } from 'vitest';
import type { CliContext } from '../context';
import { ModuleMissing } from '../modules';

/** An empty folder that is removed when the test that asks for it ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'paired3d-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A stream that keeps what is written to it. */
export class Sink extends Writable {
  text = '';
  readonly columns = 120;

  constructor(readonly isTTY = false) {
    super();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** A process to run commands in: it keeps what they write, has one core, and no optional packages. */
export function testContext(
  ...args: string[]
): CliContext & { stdout: Sink; stderr: Sink; controller: AbortController } {
  const controller = new AbortController();
  const loadModule = async (name: string): Promise<never> => {
    throw new ModuleMissing(name);
  };
  const { signal } = controller;
  const workerEntry = pathToFileURL('no worker here');
  return { args, stdout: new Sink(), stderr: new Sink(), controller, signal, cores: 1, workerEntry, loadModule };
}

/** Makes a script for Node of a file of this folder and the sources of our packages; gives its path. */
export async function bundleForNode(file: string): Promise<string> {
  // Within node_modules, so that the packages that stay outside of the bundle are found.
  const outDir = mkdtempSync(path.join(import.meta.dirname, '../../node_modules/.test-'));
  onTestFinished(() => rmSync(outDir, { recursive: true, force: true }));
  const conditions = ['@paired3d/source', 'node', 'import', 'default'];
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: {
      noExternal: true,
      external: ['@tensorflow/tfjs', '@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'],
      resolve: { conditions },
    },
    build: {
      ssr: path.join(import.meta.dirname, file),
      outDir,
      minify: false,
      rollupOptions: { output: { entryFileNames: 'script.mjs' } },
    },
  });
  return path.join(outDir, 'script.mjs');
}
