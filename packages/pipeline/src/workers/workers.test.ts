import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { Interrupted, PipelineError } from '../errors';
import type { RunConfig } from '../run/config';
import { run } from '../run/run';
import { MemoryStorage } from '../storage/memory-storage';
import { NOTHING, leaked, loopbackWorkers, smallestConfig, testContext, useWasm } from '../testing';
import { openJob } from './jobs';
import { shareOut } from './shareOut';
import { onSharedMemory, readShared, writeShared } from './sharedMemory';
import type { JobKind } from './workers';

beforeAll(useWasm);

/** Batches that divide unevenly among two and three workers, as Muon's matrices do; tokens drop out by chance. */
function batched(batch: number): RunConfig {
  const config = smallestConfig(2);
  return {
    ...config,
    vqae: { ...config.vqae, batch },
    diffusion: {
      ...config.diffusion,
      batch,
      optimiser: 'muon',
      model: { kind: 'plain', width: 8, depth: 1, heads: 2, feedForward: 16, dropout: 0.2 },
    },
    registration: { ...config.registration, batch },
  };
}

async function filesOf(config: RunConfig, helpers: number): Promise<Record<string, string>> {
  const storage = new MemoryStorage();
  const workers = helpers > 0 ? loopbackWorkers(helpers) : undefined;
  await run(testContext({ config, storage, workers }), ['evaluation']);
  const files: Record<string, string> = {};
  for (const path of await storage.list('')) {
    if (!path.endsWith('timing.json')) files[path] = Buffer.from((await storage.read(path))!).toString('latin1');
  }
  return files;
}

describe('a run', () => {
  it('has the same bits with any number of workers', async () => {
    const config = batched(7);
    const alone = await filesOf(config, 0);
    expect(Object.keys(alone)).toContain('registration-real/model.safetensors');
    for (const helpers of [1, 4]) expect(await filesOf(config, helpers)).toEqual(alone);
  });

  it('leaves nothing behind on its helpers', async () => {
    const config = batched(2);
    await filesOf(config, 1);
    expect(await leaked(() => filesOf(config, 1))).toEqual(NOTHING);
  });

  it('goes back from a loss that is not finite on every worker', async () => {
    const config = batched(2);
    const wild = { ...config, vqae: { ...config.vqae, learningRate: 1e30, steps: 8 } };
    const messages = async (helpers: number) => {
      const context = testContext({ config: wild, workers: loopbackWorkers(helpers) });
      await expect(run(context, ['vqae'])).rejects.toThrow('after going back 3 times');
      return context.events.filter((event) => event.type === 'message');
    };
    const alone = await messages(0);
    expect(alone).toHaveLength(3);
    expect(await messages(1)).toEqual(alone);
  });
});

describe('shareOut', () => {
  /** Doubles numbers; waits for ever on 0 and fails on negative ones. */
  const kind: JobKind<object, number, number> = {
    name: 'double',
    open: (_, signal) =>
      Promise.resolve({
        run: (item) =>
          new Promise((resolve, reject) => {
            if (item < 0) reject(new PipelineError({ where: 'double', expected: 'more', got: `${item}`, advice: '' }));
            else if (item > 0) setTimeout(() => resolve(2 * item), item);
            signal?.addEventListener('abort', () => reject(new Error('aborted')));
          }),
        close: () => {},
      }),
  };
  const workers = {
    helpers: 2,
    open: (_name: string, setup: unknown, most: number) =>
      Promise.all(
        Array.from({ length: Math.min(2, most) }, async () => {
          const stop = new AbortController();
          const job = await kind.open(setup as object, stop.signal);
          return { ...job, run: job.run as (item: unknown) => Promise<unknown>, close: () => stop.abort() };
        }),
      ),
  };
  const work = { stage: 'doubles', kind, setup: {} };

  it('does every item once', async () => {
    const seen: number[] = [];
    await shareOut(testContext({ workers }), work, [5, 1, 2, 3, 4], (result) =>
      Promise.resolve(void seen.push(result)),
    );
    expect(seen.sort((a, b) => a - b)).toEqual([2, 4, 6, 8, 10]);
  });

  it('stops the others and tells the first error when an item fails, or a result cannot be kept', async () => {
    const keep = () => Promise.resolve();
    await expect(shareOut(testContext({ workers }), work, [0, -1, 0], keep)).rejects.toThrow('double: expected more');
    const full = () => Promise.reject(new Error('disk full'));
    await expect(shareOut(testContext({ workers }), work, [0, 1, 0], full)).rejects.toThrow('disk full');
  });

  it('is interrupted by the signal, wherever items are', async () => {
    const controller = new AbortController();
    const context = testContext({ workers, signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await expect(shareOut(context, work, [0, 0, 0, 0], () => Promise.resolve())).rejects.toThrow(Interrupted);
  });
});

describe('shared memory', () => {
  it('carries tensors, and is used again when they have the same shapes', async () => {
    const tensors = (x: number) =>
      new Map<string, tf.Tensor>([
        ['a', tf.tensor2d([[x, 1, 2]])],
        ['b', tf.tensor1d([7, 8], 'int32')],
      ]);
    const first = await writeShared(tensors(0));
    const again = await writeShared(tensors(5), first);
    expect(again.buffer).toBe(first.buffer);
    const read = readShared(structuredClone(again));
    expect([...read].map(([name, { dtype, shape }]) => [name, dtype, shape])).toEqual([
      ['a', 'float32', [1, 3]],
      ['b', 'int32', [2]],
    ]);
    expect([...read.values()].map((tensor) => [...tensor.dataSync()])).toEqual([
      [5, 1, 2],
      [7, 8],
    ]);
    expect((await writeShared(new Map([['a', tf.zeros([3])]]), first)).buffer).not.toBe(first.buffer);
  });

  it('takes over the arrays of a set-up, once', () => {
    const setup = { pairs: [{ id: 'x', fixed: Float32Array.of(1, 2) }], tensors: new Map([['t', Int16Array.of(3)]]) };
    const shared = onSharedMemory(setup);
    expect(shared).toEqual(setup);
    expect(shared.pairs[0].fixed.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(shared.tensors.get('t')!.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(onSharedMemory(shared).pairs[0].fixed).toBe(shared.pairs[0].fixed);
  });
});

describe('openJob', () => {
  it('knows the jobs of the stages alone', () => {
    expect(() => openJob('tea', {})).toThrow(
      'openJob: expected vqae, motion, tokens, diffusion, synthetic, registration, evaluation, assessment, got tea; use the same version',
    );
  });
});
