import os from 'node:os';
import { version } from './version';

/** Versions that a result depends on. */
export async function versions(): Promise<{ paired3d: string; node: string; tfjs: string }> {
  const tf = await import('@tensorflow/tfjs');
  return { paired3d: version, node: process.versions.node, tfjs: tf.version_core };
}

/** The machine in words: processor and cores. */
export function device(): string {
  const cores = os.availableParallelism();
  return `${os.cpus()[0]?.model.trim() || 'unknown processor'}, ${cores} core${cores === 1 ? '' : 's'}`;
}

/** Most bytes of tensors that the wasm backend holds, in each worker. */
export const WASM_HEAP = 2 ** 32;

/** Bytes of memory, of the machine or of the container's limit. */
export function machineMemory(): number {
  return Math.min(os.totalmem(), process.constrainedMemory() || Infinity); // 0 or huge where there is no limit
}

/** Most bytes that this process has held so far. */
export function peakMemory(): number {
  return process.resourceUsage().maxRSS * 1024;
}

/** A command line that a shell reads as it was typed. */
export function commandLine(args: readonly string[]): string {
  const quote = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  return ['paired3d', ...args.map(quote)].join(' ');
}
