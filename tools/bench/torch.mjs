// The bridge to PyTorch: a Python process that stays up and answers requests; tensors travel as files.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SERVER = fileURLToPath(new URL('torch/server.py', import.meta.url));

/**
 * Starts PyTorch in `python`, on a device of its own and in one of its precisions: float32, tf32 or autocast (to float16).
 * @returns undefined when that has none
 */
export async function startTorch(python, device = 'cpu', precision = 'float32') {
  if (spawnSync(python, ['-c', 'import torch, numpy'], { stdio: 'ignore' }).status !== 0) return undefined;
  // Memory rather than disk, where the system offers it.
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'paired3d-bench-'));
  const child = spawn(python, ['-B', SERVER, folder, device, precision], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('bench: PyTorch ended unexpectedly');
    return JSON.parse(value);
  };
  process.once('exit', () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  // A signal ends the process through `exit`, so that nothing goes on or stays in memory.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
  return new Torch(child, folder, answer, (await answer()).version);
}

class Torch {
  constructor(child, folder, answer, version) {
    Object.assign(this, { child, folder, answer, version });
  }

  /**
   * Makes some work of `operations.py` or `networks.py` and runs it once.
   * @param inputs `{ name: { values, shape, dtype, layout } }`
   * @returns what it gave, Float32Arrays in our layouts
   */
  async open({ op, options = {}, layouts }, inputs, threads) {
    const files = {};
    Object.entries(inputs).forEach(([name, { values, shape, dtype, layout = 'plain' }], i) => {
      const file = join(this.folder, `in${i}`);
      writeFileSync(file, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      files[name] = { file, shape, dtype, layout };
    });
    const { outputs } = await this.request({ do: 'open', op, options, threads, inputs: files, layouts });
    return outputs.map(({ file }) => {
      const bytes = readFileSync(file);
      return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    });
  }

  /** Mean milliseconds of so many runs, of the clock or of the processor. */
  async time(runs, cpuTime) {
    return (await this.request({ do: 'time', runs, cpu: cpuTime })).ms;
  }

  /** Bytes by which one run raises the resident memory. */
  async memory() {
    return (await this.request({ do: 'memory' })).bytes;
  }

  /** Frees the work. */
  close() {
    return this.request({ do: 'close' });
  }

  /** Ends the process. */
  stop() {
    this.child.stdin.end();
  }

  async request(request) {
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    const answer = await this.answer();
    if (answer.error) throw new Error(`bench: PyTorch, ${request.op ?? request.do}: ${answer.error}`);
    return answer;
  }
}
