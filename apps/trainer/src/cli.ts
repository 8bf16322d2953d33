#!/usr/bin/env node
import os from 'node:os';
import type { CliContext } from './context';
import { collectLessOften } from './garbage';
import { loadInstalled } from './modules';
import { createProgram, runProgram } from './program';
import { listenForStop } from './signals';

collectLessOften();

const { stdout, stderr } = process;
// A reader that has gone, as in `paired3d … | head`, ends the program as SIGPIPE would.
stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 141 : 1));

const say = (text: string) => void stderr.write(`paired3d: ${text}\n`);
const stop = listenForStop(process, say, (code) => process.exit(code));
const context: CliContext = {
  args: process.argv.slice(2),
  stdout,
  stderr,
  signal: stop.signal,
  cores: os.availableParallelism(),
  workerEntry: new URL('./worker.js', import.meta.url),
  loadModule: loadInstalled,
};

process.exitCode = await runProgram(createProgram(context), context, stop.stoppedBy);
stop.dispose();
// A GPU driver's threads may keep the process alive; by then everything is written.
setTimeout(() => process.exit(), 2000).unref();
