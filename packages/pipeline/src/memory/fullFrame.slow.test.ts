import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { VqAutoencoder, inSlabs, paperVqae } from '@paired3d/vqae';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { lung250m } from '../data/datasets';
import { folderSource } from '../data/folder';
import { pairTensor } from '../stages/pairs';
import { useWasm } from '../testing';

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
    const slabwise = inSlabs(model);
    const tokens = await slabwise.tokenize(pair);
    report('encoded');
    expect(tokens.shape).toEqual([1, 1, 16, 13, 16]);
    const decoded = await slabwise.decodeTokens(tokens);
    expect(report('decoded')).toBeLessThan(8 * GIB);
    expect(decoded.shape).toEqual(pair.shape);
    const values = (await decoded.data()) as Float32Array;
    expect(values.every((p) => p > 0 && p < 1)).toBe(true);
    tf.dispose([pair, tokens, decoded]);
    model.dispose();
  });
});
