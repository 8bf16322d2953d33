import { setTimeout } from 'node:timers/promises';
import { Command } from 'commander';
import { throwIfAborted } from '@paired3d/pipeline';
import { loadInstalled } from '../modules';
import { runProgram } from '../program';
import { listenForStop } from '../signals';

// A program whose only command runs until it is asked to stop, as a stage does.
const { stdout, stderr } = process;
const stop = listenForStop(process, () => {}, process.exit);
const workerEntry = new URL('./worker.js', import.meta.url);
const context = { args: [], stdout, stderr, signal: stop.signal, cores: 1, workerEntry, loadModule: loadInstalled };
const program = new Command().action(async () => {
  stdout.write('ready');
  for (;;) {
    throwIfAborted(stop.signal, 'vqae');
    await setTimeout(5);
  }
});
process.exitCode = await runProgram(program, context, stop.stoppedBy);
