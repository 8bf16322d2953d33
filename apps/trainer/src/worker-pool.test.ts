import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MemoryStorage, parseRunConfig, phantomSource, presets, run } from '@paired3d/pipeline';
import { startWasm } from './backend';
import { bundleForNode, temporaryFolder } from './testing';
import { WorkerPool } from './worker-pool';

function openPool(helpers: number, entry: URL, relaxedSimd = false): WorkerPool {
  const pool = new WorkerPool(helpers, { relaxedSimd, entry });
  onTestFinished(() => pool.close());
  return pool;
}

/** A pool whose threads run a few lines; `port` is the main thread's, `nth` how many requests there were. */
function scripted(onMessage: string): WorkerPool {
  const file = path.join(temporaryFolder(), 'worker.mjs');
  const lines = `import { parentPort as port } from 'node:worker_threads';
    let nth = 0;
    port.on('message', ({ id, ...request }) => { nth++; ${onMessage} });`;
  writeFileSync(file, lines);
  return openPool(1, pathToFileURL(file));
}

const answerFirst = 'if (nth === 1) return port.postMessage({ id, result: undefined });';

describe('WorkerPool', () => {
  it('carries jobs, their items and results, on as many threads as are needed', async () => {
    const pool = scripted('port.postMessage({ id, result: request });');
    expect(await pool.open('none', {}, 0)).toEqual([]);
    const [job, ...others] = await pool.open('echo', { setup: 1 }, 5);
    expect(others).toEqual([]);
    expect(await job.run({ item: 2 })).toEqual({ type: 'run', job: 1, item: { item: 2 } });
    await Promise.all([job.close(), job.close()]);
    const [next] = await pool.open('echo', {}, 1);
    expect(await next.run(3)).toEqual({ type: 'run', job: 2, item: 3 });
  });

  it.each([
    ['ends', 'process.exit(3);', 'worker 2: expected a thread that works to the end, got its end with code'],
    ['throws', "throw new Error('out of memory');", 'got out of memory; run the same command again to go on'],
  ])('says that a thread %s, and that the run can be gone on with', async (_, line, message) => {
    const [job] = await scripted(`${answerFirst} ${line}`).open('job', {}, 1);
    await expect(job.run(1)).rejects.toMatchObject({ message: expect.stringContaining(message), exitCode: 75 });
    await expect(job.run(2)).rejects.toThrow(message);
    await job.close();
  });

  it('passes on what a job throws, with its fields', async () => {
    const error = (name: string) =>
      `{ name: '${name}', message: 'told', fields: { where: 'a', expected: 'b', got: 'c', advice: 'd', exitCode: 75 } }`;
    const throwing = (name: string) => scripted(`${answerFirst} port.postMessage({ id, error: ${error(name)} });`);
    const [typed] = await throwing('PipelineError').open('job', {}, 1);
    await expect(typed.run(1)).rejects.toMatchObject({ name: 'PipelineError', exitCode: 75, got: 'c' });
    const [other] = await throwing('WasmMemoryError').open('job', {}, 1);
    await expect(other.run(1)).rejects.toMatchObject({ name: 'WasmMemoryError', message: 'told', expected: 'b' });
  });
});

describe('a worker', () => {
  it('computes the same bits as the main thread, stops when asked to, and tells what it does not know', async () => {
    const entry = pathToFileURL(await bundleForNode('../worker.ts'));
    const { relaxedSimd } = await startWasm();
    const pool = openPool(1, entry, relaxedSimd);
    await expect(pool.open('tea', {}, 1)).rejects.toThrow('openJob: expected vqae');

    const phantom = { size: [16, 16, 16] as [number, number, number], spacing: 12, cases: { train: 3, test: 1 } };
    const config = parseRunConfig({
      ...presets.tiny,
      source: { kind: 'phantom', ...phantom },
      validation: 1,
      vqae: { ...presets.tiny.vqae, batch: 2, steps: 3 },
      tokenize: { variants: 2, augmentation: 'full' },
    });
    const outputs = async (workers?: WorkerPool, signal?: AbortSignal) => {
      const storage = new MemoryStorage();
      const clock = () => performance.now() / 1000;
      const source = phantomSource(phantom);
      await run({ config, storage, source, workers, emit: () => {}, clock, signal }, ['tokens']);
      const paths = (await storage.list('')).filter((file) => file.endsWith('.safetensors'));
      return Promise.all(paths.map(async (file) => [file, Buffer.from((await storage.read(file))!).toString('hex')]));
    };
    const alone = await outputs();
    expect(alone).toHaveLength(4);
    expect(await outputs(pool)).toEqual(alone);
    await expect(outputs(pool, AbortSignal.abort())).rejects.toThrow('a request to stop');
  });
});
