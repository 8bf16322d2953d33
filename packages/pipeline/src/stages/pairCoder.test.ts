import { VqAutoencoder, paperVqae, type VqaeConfig } from '@paired3d/vqae';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { NOTHING, leaked, useWasm } from '../testing';
import { decodePair, tokenizePair } from './pairCoder';

beforeAll(useWasm);

const monai = { kind: 'monai', channels: [8, 6], strides: [1, 2] } as const;
const patch = { kind: 'patch', encoder: [8], decoder: [8] } as const;

describe.each([
  { spatialDims: 3, network: monai, size: [4, 6, 8] },
  { spatialDims: 2, network: monai, size: [1, 6, 8] },
  { spatialDims: 3, network: patch, size: [4, 6, 8] },
] as const)('$network.kind, $spatialDims dimensions', ({ spatialDims, network, size }) => {
  const config: VqaeConfig = { ...paperVqae, spatialDims, network, codes: 8, codeDim: 6 };

  it('tokenises and decodes as the model does, at once or in slabs, and leaves nothing behind', async () => {
    const model = new VqAutoencoder(config, 1);
    const pair = tf.randomUniform([1, ...size, 2], 0, 1, 'float32', 1) as tf.Tensor5D;
    const tokens = model.tokenize(pair);
    const decoded = model.decodeTokens(tokens);
    const expected = [await tokens.data(), await decoded.data()];
    for (const options of [{}, { atOnce: 0 }]) {
      const run = async () => {
        const actual = [await tokenizePair(model, pair, options), await decodePair(model, tokens, options)];
        expect(actual.map(({ shape }) => shape)).toEqual([tokens.shape, decoded.shape]);
        expect(Array.from(await actual[0].data())).toEqual(Array.from(expected[0]));
        (await actual[1].data()).forEach((value, i) => expect(value).toBeCloseTo(expected[1][i], 5));
        tf.dispose(actual);
      };
      expect(await leaked(run)).toEqual(NOTHING);
    }
    tf.dispose([pair, tokens, decoded]);
    model.dispose();
  });
});

it('stops between slabs', async () => {
  const model = new VqAutoencoder({ ...paperVqae, network: monai, codes: 8, codeDim: 6 }, 1);
  const pair = tf.zeros([1, 8, 8, 8, 2]) as tf.Tensor5D;
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error('enough')), 0);
  await expect(tokenizePair(model, pair, { signal: stop.signal, atOnce: 0 })).rejects.toThrow('enough');
  pair.dispose();
  model.dispose();
});
