import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { VqAutoencoder, paperVqae } from '@paired3d/vqae';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { lung250m } from '../data/datasets';
import { folderSource } from '../data/folder';
import { decodePair, tokenizePair } from '../stages/pairCoder';
import { pairTensor } from '../stages/pairs';
import { meterHeap, useWasm } from '../testing';
import { vqaeFloats } from './vqae';

const root = process.env.PAIRED3D_DATA;
const title = root ? 'a full frame' : 'a full frame (skipped: set PAIRED3D_DATA to a folder with train)';
const GIB = 2 ** 30;

beforeAll(useWasm);

describe.skipIf(!root)(title, () => {
  it('goes through the paper’s autoencoder and back within 8 GiB', async () => {
    const train = join(root!, 'train');
    const files = { list: () => readdir(train), read: (name: string) => readFile(join(train, name)) };
    const source = folderSource({ ...lung250m, pool: 1 }, { train: files });
    const [id] = await source.list('train');
    const loaded = await source.load('train', id);
    const pair = tf.tidy(() => pairTensor(loaded));
    expect(pair.shape).toEqual([1, 256, 208, 256, 2]);
    const model = new VqAutoencoder(paperVqae, 1);
    const [clock, cpu] = [performance.now(), process.cpuUsage()];
    const report = (what: string) => {
      const { user, system } = process.cpuUsage(cpu);
      const { maxRSS } = process.resourceUsage();
      const seconds = [(user + system) / 1e6, (performance.now() - clock) / 1e3].map((s) => s.toFixed(1));
      console.log(
        `${what}: ${seconds[0]} s of processor time, ${seconds[1]} s; peak ${(maxRSS / 2 ** 20).toFixed(2)} GiB`,
      );
      return maxRSS * 1024;
    };
    let [tokens, decoded] = [] as unknown as [tf.Tensor5D, tf.Tensor5D];
    const heap = await meterHeap()(async () => {
      tokens = await tokenizePair(model, pair);
      report('encoded');
      decoded = await decodePair(model, tokens);
    });
    expect(report('decoded')).toBeLessThan(8 * GIB);
    const estimated = 4 * vqaeFloats(paperVqae, loaded.size).inference;
    console.log(`tensors: estimated ${(estimated / 1e6).toFixed(0)} MB, measured ${(heap / 1e6).toFixed(0)} MB`);
    expect(heap).toBeLessThan(1.1 * estimated);
    expect(heap).toBeGreaterThan(0.65 * estimated);
    expect(tokens.shape).toEqual([1, 1, 16, 13, 16]);
    expect(decoded.shape).toEqual(pair.shape);
    const values = (await decoded.data()) as Float32Array;
    expect(values.every((p) => p > 0 && p < 1)).toBe(true);
    tf.dispose([pair, tokens, decoded]);
    model.dispose();
  });
});
